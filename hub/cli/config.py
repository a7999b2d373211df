from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_json, printable, problems_as_json, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.cli import Settings
    from hub.config import Config


@click.group("config")
def command() -> None:
    """Check and show the configuration, and keep the secrets that it refers to."""


@command.command("check")
@as_json
@click.pass_obj
def check(settings: Settings, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell everything that is wrong with the configuration; exit with 1 if anything is."""
    from hub.config import load

    with problems_as_json(as_json):
        config = load(settings.config)
        _check_beyond(config)
    if not as_json:
        users = ", ".join(config.users) or "no users yet"
        say(f"{config.path} is all right: {users}")


def _check_beyond(config: Config) -> None:
    """Raise `UserError` with what is wrong in the tables that plugins check, those of phones too, and with secrets."""
    import logging

    from hub.clock import SystemClock
    from hub.configured import manager_for, settings_problems
    from hub.errors import UserError
    from hub.phone.chosen import chosen_adapter
    from hub.secrets import Redactor

    redactor = Redactor()
    manager = manager_for(config, redact=redactor)
    logging.disable()  # what there is to say is told as problems
    try:
        manager.load()
        manager.configure(config, config.users)
        problems = settings_problems(config, manager)
        for user in config.users:
            try:
                plan = config.dial_plan(user, redactor)
                chosen_adapter(config, user, manager.adapters(), plan, SystemClock(), redactor)
            except UserError as error:
                problems += error.problems
    finally:
        manager.close()
        logging.disable(logging.NOTSET)
    if problems:
        raise UserError(*dict.fromkeys(problems))


@command.command("show")
@click.option("--all", "everything", is_flag=True, help="Show what is not in the file too: the defaults.")
@as_json
@click.pass_obj
def show(settings: Settings, everything: bool, as_json: bool) -> None:  # noqa: FBT001  flags of the command line
    """Show the configuration as it is understood, without secrets."""
    from hub.config import load
    from hub.config.in_clear import redacted

    config = load(settings.config)
    tables: dict[str, Any] = redacted(config.tables.model_dump(mode="json", exclude_unset=not everything))
    if as_json:
        print_json(tables)
        return
    say(f"# {config.path}")
    for line in _toml(tables, ()):
        click.echo(line)


@command.command("secret")
@click.argument("name")
def secret(name: str) -> None:
    """Ask for a secret and keep it in the keyring, where ${keyring:NAME} finds it.

    NAME is as in the reference, such as phonehub/alice. Where there is no keyring it goes to an encrypted file.
    Programs give the secret as the first line of standard input.
    """
    from hub.errors import UserError
    from hub.secret_store import keep

    if sys.stdin.isatty():
        given = click.prompt("Secret", hide_input=True, confirmation_prompt="Once more")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise UserError.of("no secret was given", "type it, or give it as a line of standard input", name)
    place = keep(name, given)
    say(f"kept in {printable(place, 2000)}; write ${{keyring:{printable(name)}}} where it is wanted")


def _toml(table: dict[str, Any], at: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its settings, then the tables in it."""
    settings = {key: value for key, value in table.items() if not isinstance(value, dict) and value is not None}
    if at and settings:
        yield ""
        yield f"[{'.'.join(map(_key, at))}]"
    for key, value in settings.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _toml(value, (*at, key))


def _key(name: str) -> str:
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isascii() and plain.isalnum() else _value(name)


def _value(value: Any) -> str:
    """Return a value as TOML, which writes texts as JSON does."""
    import json

    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, str) and value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
