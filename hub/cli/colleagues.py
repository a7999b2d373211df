from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.cli import Settings

COLUMNS = ("colleague", "extension", "phone", "for", "presence")
_LAMPS = {"idle": "idle", "ringing": "ringing", "on_call": "on a call", "dnd": "do not disturb"}
_COLOURS = {"ringing": "blink red", "on a call": "red", "do not disturb": "dark_orange"}


@click.command("colleagues")
@click.argument("search", default="")
@as_json
@click.pass_obj
def command(settings: Settings, search: str, *, as_json: bool) -> None:
    """Show what your colleagues are doing: busy lamps and presence.

    SEARCH is a part of a name or extension. A terminal shows who rings in flashing red, who is on a call in red, and
    who is not to be disturbed in amber.
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        found = client.get("/colleagues", search=search)
    show(found, as_json=as_json, people=_print)


def _print(colleagues: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, colleagues), empty="no colleagues", colour=_colour)


def _row(colleague: dict[str, Any]) -> tuple[str, ...]:
    from hub.cli.times import lasted

    duration, presence = colleague["duration"], colleague["presence"] or ""
    return (
        colleague["name"] or colleague["user"],
        colleague["extension"],
        _LAMPS[colleague["lamp"]],
        "" if duration is None else lasted(duration),
        presence.replace("_", " "),
    )


def _colour(row: Sequence[str]) -> str:
    return _COLOURS.get(row[2], "")
