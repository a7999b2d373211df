from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("agent", "extension", "state", "reason", "for", "queue", "signed in to")


@click.command("agents")
@as_json
@click.pass_obj
def command(settings: Settings, *, as_json: bool) -> None:
    """Show the agents of the queues that you supervise."""
    from hub.cli.client import connect

    with connect(settings) as client:
        show(client.get("/agents"), as_json=as_json, people=_print)


def _print(agents: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, agents), empty="your queues have no agents")


def _row(agent: dict[str, Any]) -> tuple[str, ...]:
    from hub.cli.times import lasted_since

    return (
        agent["display_name"],
        agent["extension"],
        agent["state"].replace("_", " "),
        agent["reason"],
        lasted_since(agent["since"]),
        agent["queue"],
        ", ".join(agent["queues"]),
    )
