from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, print_json, print_table, printable, say, show
from hub.cli.times import local

if TYPE_CHECKING:
    from hub.cli import Settings
    from hub.config import Config

COLUMNS = ("plugin", "state", "version", "events", "failures", "origin", "why")


@click.group("plugins", short_help=COMMANDS["plugins"])
def command() -> None:
    """List plugins, or begin a new one."""


@command.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every plugin that is found: those of the running hub, else those that one would load."""
    show(_told(settings), as_json=as_json, people=_print)


@command.command("info")
@click.argument("name")
@as_json
@click.pass_obj
def info(settings: Settings, name: str, *, as_json: bool) -> None:
    """Tell all there is to tell of one plugin."""
    from hub.checking import suggest
    from hub.errors import UserError

    plugins = _told(settings)
    found = [plugin for plugin in plugins if plugin["name"] == name]
    if not found:
        raise UserError.of(f'there is no plugin "{name}"', suggest(name, [plugin["name"] for plugin in plugins]))
    if as_json:
        print_json(found[0])
        return
    for plugin in found:  # a second one of a name tells why it is none
        _print_all(plugin)


@command.command("new")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to put it.  [default: here]",
)
def new(name: str, folder: Path) -> None:
    """Begin a plugin package that installs, works and passes its own tests."""
    from hub.testing.new_plugin import write_plugin

    package = write_plugin(name, folder)
    folder_said = printable(package)
    say(f"{folder_said} is a package that works. To install it beside phonehub, and run its tests:")
    say(f"\n    cd {folder_said} && pip install -e '.[test]' && pytest")


@command.command("disable")
@click.argument("name")
@click.pass_obj
def disable(settings: Settings, name: str) -> None:
    """Leave a plugin alone from the next start of the hub on."""
    _switch(settings, name, on=False)


@command.command("enable")
@click.argument("name")
@click.pass_obj
def enable(settings: Settings, name: str) -> None:
    """Load a plugin again from the next start of the hub on."""
    _switch(settings, name, on=True)


def _switch(settings: Settings, name: str, *, on: bool) -> None:
    """Write `disabled_plugins` of the configuration anew; all else in the file stays as it is."""
    from hub import config_file
    from hub.checking import suggest
    from hub.config import load
    from hub.config.edit import edited
    from hub.errors import UserError

    config = load(settings.config)
    disabled = list(config.hub.disabled_plugins)
    if not on and name not in disabled:
        known = [plugin["name"] for plugin in _loaded_here(settings)]
        if name not in known:
            raise UserError.of(f'there is no plugin "{name}"', suggest(name, known))
    if on and name not in disabled:
        raise UserError.of(f'the plugin "{name}" is not disabled', suggest(name, disabled) if disabled else "")
    if on:
        disabled.remove(name)
    elif name not in disabled:
        disabled.append(name)
    with edited(config_file.find(settings.config)) as tables:
        tables.setdefault("hub", {})["disabled_plugins"] = disabled
    say(f"{name} is {'enabled' if on else 'disabled'} from the next start of the hub on")
    if _hub_runs(settings):
        say('the hub that is running does not know yet: end it with Ctrl-C, then start it again with "phonehub run"')


def _hub_runs(settings: Settings) -> bool:
    from hub.cli.client import NoHub, connect
    from hub.errors import UserError

    try:
        connect(settings).close()
    except NoHub:
        return False
    except UserError:  # it runs, for several users
        return True
    return True


def _told(settings: Settings) -> list[dict[str, Any]]:
    """Return what the running hub tells of its plugins, else what comes of loading them here and now."""
    from hub.cli.client import NoHub, connect

    try:
        with connect(settings) as client:
            plugins: list[dict[str, Any]] = client.get("/plugins")
            return plugins
    except NoHub:
        return _loaded_here(settings)


def _loaded_here(settings: Settings) -> list[dict[str, Any]]:
    import logging

    from hub import config_file
    from hub.configured import manager_for

    config: Config | None = None
    if settings.config or config_file.find().exists():
        from hub.config import load

        config = load(settings.config)
    logging.disable()  # what there is to say of them is about to be said
    try:
        manager = manager_for(config)
        manager.load()
        try:
            if config:
                manager.configure(config, config.users)
            return [plugin.told() for plugin in manager.plugins]
        finally:
            manager.close()
    finally:
        logging.disable(logging.NOTSET)


def _print(plugins: list[dict[str, Any]]) -> None:
    rows = [
        (
            plugin["name"],
            plugin["state"],
            plugin["version"],
            plugin["events"],
            plugin["failures"],
            plugin["origin"],
            plugin["reason"] or _trouble(plugin),
        )
        for plugin in plugins
    ]
    print_table(COLUMNS, rows, empty="there are no plugins")


def _trouble(plugin: dict[str, Any]) -> str:
    """Say briefly what is amiss with a plugin that is loaded nevertheless."""
    lost = f"lost {plugin['dropped']} events" if plugin["dropped"] else ""
    held = f"held up the hub {plugin['held_up']} times" if plugin["held_up"] else ""
    return "; ".join(filter(None, (held, lost, plugin["last_error"])))


def _print_all(plugin: dict[str, Any]) -> None:
    click.echo(f"{printable(plugin['name'])} {printable(plugin['version'])}".rstrip())
    said = {
        "origin": plugin["origin"],
        "state": ": ".join(filter(None, (plugin["state"], plugin["reason"]))),
        "hooks": ", ".join(plugin["hooks"]),
        "told": f"{plugin['events']} events, {plugin['dropped']} lost",
        "failures": f"{plugin['failures']}, held up the hub {plugin['held_up']} times",
    }
    if plugin["last_error"]:
        said["last error"] = f"{local(plugin['last_error_at'])}  {plugin['last_error']}"
    for what, text in said.items():
        click.echo(f"  {what:11} {printable(text, longest=2000)}")
    for setting in plugin["settings"]:
        without = "required" if setting["required"] else "computed"
        default = f" = {setting['default']}" if setting["default"] else f" ({without})"
        told = f"{setting['name']}{default}  {setting['meaning']}".rstrip()
        click.echo(f"  {'setting':11} {printable(told, longest=2000)}")
    for line in plugin["traceback"].splitlines():
        click.echo(f"    {printable(line)}")
