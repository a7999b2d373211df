from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, print_table, printable, say, show
from hub.cli.times import Since, local

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cli import Settings

PRESENCES = ("in_office", "at_a_meeting", "busy", "away", "at_home", "on_business_trip", "on_vacation")
KINDS = ("presence", "availability", "dnd")
COLUMNS = ("at", "what", "before", "now", "by", "reason")


@click.command("presence", short_help=COMMANDS["presence"])
@click.argument("what", type=click.Choice([*PRESENCES, "status", "why", "log"]), default="status", metavar="[WHAT]")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many of the log.")
@click.option("--since", type=Since(), help="Only those of the log since: 90m, 12h, 7d, 2w ago, or a date.")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of the log of this kind.")
@as_json
@click.pass_obj
def command(
    settings: Settings,
    what: str,
    limit: int,
    since: datetime | None,
    kind: str | None,
    as_json: bool,  # noqa: FBT001  a flag of the command line
) -> None:
    """Show where colleagues see you, or say where you are.

    WHAT is in_office, at_a_meeting, busy, away, at_home, on_business_trip or on_vacation to say where you are; `why` to
    be told what brings it about; `log` for what has changed, with availability and do-not-disturb, in the last 30 days.
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        if what == "log":
            asked = since.isoformat() if since else None
            found = client.get("/presence/log", limit=limit, since=asked, kind=kind)
            show(found, as_json=as_json, people=_print_log)
            return
        told = client.put("/presence", {"presence": what}) if what in PRESENCES else client.get("/presence")
    show(told, as_json=as_json, people=_print_why if what == "why" else _print)


def _print(told: dict[str, Any]) -> None:
    say(told["presence"] or "the phone system has not told")
    _print_trouble(told)


def _print_why(told: dict[str, Any]) -> None:
    say(printable(told["why"]))
    _print_trouble(told)


def _print_trouble(told: dict[str, Any]) -> None:
    if told["trouble"]:
        say(f"it should be {told['wanted']}, but: {printable(told['trouble'])}")


def _print_log(changes: list[dict[str, Any]]) -> None:
    rows = (
        (local(one["at"]), one["kind"], one["before"], one["now"], one["source"], printable(one["reason"], 60))
        for one in changes
    )
    print_table(COLUMNS, rows, empty="no changes")
