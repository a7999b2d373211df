"""The commands that do something with one call."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, printable, say, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.cli import Settings
    from hub.cli.client import Client

may_end: Callable[[Any], Any] = click.option(
    "--yes", "may_end", is_flag=True, help="Go on also if that ends the call that the handset has."
)
"""The option of a command that begins or resumes a call."""


def begin(client: Client, path: str, body: dict[str, Any], *, as_json: bool) -> Any:
    """Have a call begun or resumed; where that ends another and `may_end` is false, a person at a terminal is asked."""
    from hub.cli.client import Refused

    try:
        return client.post(path, body)
    except Refused as refused:
        if refused.code != "would_end_call" or as_json or not sys.stdin.isatty():
            raise
        click.confirm(f"{printable(refused.problems[0].cause)}; go on?", abort=True)
    return client.post(path, {**body, "may_end": True})


def acting(word: str, done: str) -> click.Command:
    """Make the command of that word; `done` says what came of it, before the other party's name."""

    @click.command(word)
    @click.argument("call", default="")
    @as_json
    @click.pass_obj
    def command(settings: Settings, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
        from hub.cli.client import connect

        with connect(settings) as client:
            acted = client.post(f"{path_of(call)}/{word}")
        show(acted, as_json=as_json, people=lambda told: say(f"{done} {other_party(told)}"))

    return _explained(command, word)


def connecting(word: str, done: str) -> click.Command:
    """Make a command likewise that connects a call, which may end another one."""

    @click.command(word)
    @click.argument("call", default="")
    @may_end
    @as_json
    @click.pass_obj
    def command(settings: Settings, call: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
        from hub.cli.client import connect

        with connect(settings) as client:
            acted = begin(client, f"{path_of(call)}/{word}", {"may_end": may_end}, as_json=as_json)
        show(acted, as_json=as_json, people=lambda told: say(f"{done} {other_party(told)}"))

    return _explained(command, word)


def _explained(command: click.Command, word: str) -> click.Command:
    which = "CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant."
    command.help = f"{COMMANDS[word]}\n\n{which}"
    return command


def path_of(call: str) -> str:
    """Return the API's path of a call, or of the only one that can be meant."""
    from urllib.parse import quote

    return f"/calls/{quote(call or '-', safe='')}"


def other_party(call: dict[str, Any]) -> str:
    """Return who is at the other end of a call, for a person, made harmless."""
    names = [contact["name"] for contact in call["contacts"][:1]] or [call["party"]["name"]]
    known = party_of({**call["party"], "name": names[0]})
    if not known and call["state"] == "initiated":
        return "(nobody yet)"
    return known or number_of(call["party"]["number"])


def party_of(party: dict[str, Any]) -> str:
    """Return a party's name and number as a person reads them, made harmless; nobody is empty."""
    name, number = printable(party["name"], 60), ""
    if party["number"]["text"]:
        number = number_of(party["number"])
    return f"{name} ({number})" if name and number not in {"", name} else name or number


def number_of(number: dict[str, Any]) -> str:
    """Return a number as people write it, made harmless."""
    return printable(number["national"] or number["e164"] or number["text"], 60) or "(withheld)"
