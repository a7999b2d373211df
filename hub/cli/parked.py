from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("orbit", "caller", "waits for", "parked by")


@click.command("parked")
@as_json
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Show the calls that are parked, the longest first."""
    from hub.cli.client import connect

    with connect(settings) as client:
        board = client.get("/phone")["boards"].get("parked") or {"calls": []}
    show(board["calls"], as_json=as_json, people=_print)


def _print(calls: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, calls), empty="no calls are parked")


def _row(call: dict[str, Any]) -> tuple[str, ...]:
    from hub.cli.acting import other_party
    from hub.cli.calls import duration

    return call["orbit"], other_party({"party": call["party"], "contacts": []}), duration(call["since"]), call["by"]
