from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("queue", "for", "calls", "agents", "waiting", "longest wait", "you")
_DISTRIBUTIONS = {
    "ring_all": "all agents",
    "linear": "the first agent",
    "round_robin": "the next agent",
    "longest_idle": "who is idle longest",
}


@click.command("queues")
@as_json
@click.pass_obj
def command(settings: Settings, *, as_json: bool) -> None:
    """Show your queues: who waits, how long, how many agents.

    Ring-all queues tell no number of agents.
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        show(client.get("/queues"), as_json=as_json, people=_print)


def _print(queues: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, queues), empty="you are an agent or supervisor of no queue")


def _row(queue: dict[str, Any]) -> tuple[object, ...]:
    from hub.cli.times import lasted_since

    roles = ("signed in" if queue["signed_in"] else "", "supervisor" if queue["supervises"] else "")
    return (
        queue["name"],
        queue["description"],
        _DISTRIBUTIONS[queue["distribution"]],
        "" if queue["agents"] is None else queue["agents"],
        queue["waiting"],
        lasted_since(queue["waiting_since"]),
        ", ".join(filter(None, roles)),
    )
