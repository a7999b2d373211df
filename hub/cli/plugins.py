from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, print_table, printable, say, show

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("plugin", "state", "version", "from", "events", "failures", "dropped", "why")
_LONGEST_REASON = 100


@click.group("plugins", short_help=COMMANDS["plugins"])
def command() -> None:
    """List plugins, or begin a new one."""


@command.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every plugin that is found: those of the running hub, else those that one would load."""
    show(_plugins(settings), as_json=as_json, people=_print_table)


@command.command()
@click.argument("name")
@as_json
@click.pass_obj
def info(settings: Settings, name: str, *, as_json: bool) -> None:
    """Tell all there is to tell of one plugin."""
    from hub.checking import suggest
    from hub.errors import UserError

    plugins = {plugin["name"]: plugin for plugin in _plugins(settings)}
    if name not in plugins:
        raise UserError.of(f'there is no plugin "{name}"', suggest(name, plugins))
    show(plugins[name], as_json=as_json, people=_print_one)


@command.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to put the package.  [default: here]",
)
def new(name: str, folder: Path) -> None:
    """Begin a plugin package that installs, works and passes its own tests."""
    from hub.testing.new_plugin import write_plugin

    package = write_plugin(name, folder)
    say(f"written to {printable(package)}; to go on:\n  cd {printable(package)}\n  pip install -e '.[test]'\n  pytest")


def _plugins(settings: Settings) -> list[dict[str, Any]]:
    from hub.cli.client import connect
    from hub.web.client import NoHub

    try:
        with connect(settings) as client:
            answer: list[dict[str, Any]] = client.get("/plugins")
            return answer
    except NoHub:
        return _at_hand(settings)


def _at_hand(settings: Settings) -> list[dict[str, Any]]:
    """Load the plugins as a hub would, without starting any."""
    from hub import config_file
    from hub.app import BUILT_IN
    from hub.config import load
    from hub.plugin_host.manager import Manager

    config = load(settings.config) if config_file.find(settings.config).exists() else None
    manager = Manager(
        built_in=BUILT_IN,
        folder=config.hub.plugins if config else None,
        disabled=config.hub.disabled_plugins if config else (),
    )
    manager.load()
    if config is not None:
        manager.configure(config, config.users)
    told = [plugin.told() for plugin in manager.plugins]
    manager.close()
    return told


def _print_table(plugins: list[dict[str, Any]]) -> None:
    rows = [
        (
            plugin["name"],
            plugin["state"],
            plugin["version"],
            plugin["origin"],
            plugin["events"],
            plugin["failures"],
            plugin["dropped"],
            printable(plugin["reason"] or plugin["last_error"], _LONGEST_REASON),
        )
        for plugin in plugins
    ]
    print_table(COLUMNS, rows, "there are no plugins")


def _print_one(plugin: dict[str, Any]) -> None:
    for key, value in plugin.items():
        if key != "traceback" and value not in ("", None, []):
            text = ", ".join(value) if isinstance(value, list) else value
            say(f"{key.replace('_', ' '):14}{printable(text, 2000)}")
    for line in str(plugin["traceback"]).splitlines():
        say(f"  {printable(line)}")
