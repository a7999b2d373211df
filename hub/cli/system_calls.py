from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings


COLUMNS = ("start", "duration", "from", "to", "state")
ORDERS = ("start", "duration", "originator", "destination", "state")


@click.command("system-calls")
@click.option("--sort", type=click.Choice(ORDERS), default="start", show_default=True, help="By what they are sorted.")
@click.option("--descending", is_flag=True, help="The last first.")
@as_json
@click.pass_obj
def command(settings: Settings, sort: str, descending: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Show all calls of the phone system, as far as you may see them."""
    from hub.cli.client import connect

    order = f"sort={sort}&descending={'true' if descending else 'false'}"
    with connect(settings) as client:
        show(client.get(f"/system-calls?{order}"), as_json=as_json, people=_print)


def _print(calls: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, calls), empty="no calls")


def _row(call: dict[str, Any]) -> tuple[str, ...]:
    from datetime import datetime, timedelta

    from hub.cli.acting import party_of

    start = f"{datetime.fromisoformat(call['started']).astimezone():%H:%M:%S}"
    duration = str(timedelta(seconds=int(call["duration"])))
    return start, duration, party_of(call["originator"]), party_of(call["destination"]), call["state"]
