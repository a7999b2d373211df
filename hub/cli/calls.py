from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, printable, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.cli import Settings
    from hub.cli.client import Client

COLUMNS = ("call", "direction", "state", "with", "dialled", "for", "device")


@click.command("calls")
@click.option("--watch", is_flag=True, help="Go on, and tell what happens until Ctrl-C.")
@as_json
@click.pass_obj
def command(settings: Settings, watch: bool, as_json: bool) -> None:  # noqa: FBT001  flags of the command line
    """Show the calls that are up now.

    With --watch and --json, each event is a line of its own.
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        if watch:
            _watch(client, as_json=as_json)
        else:
            show(client.get("/calls"), as_json=as_json, people=_print)


def _print(calls: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, calls), empty="no calls")


def _row(call: dict[str, Any]) -> tuple[str, ...]:
    from hub.cli.acting import number_of, other_party

    dialled = number_of(call["dialled"]["number"]) if call["dialled"]["number"]["text"] else ""
    state = f"{call['state']}, ignored" if call["ignored"] else call["state"]
    since = call["answered"] or call["started"]
    return call["id"], call["direction"], state, other_party(call), dialled, duration(since), call["device"]


def duration(since: str) -> str:
    """Return how long ago a time was, as 1:02:03."""
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _watch(client: Client, *, as_json: bool) -> None:
    try:
        for event in client.events():
            for line in [json.dumps(event)] if as_json else _told(event):
                click.echo(line)
    except KeyboardInterrupt:
        return


def _told(event: dict[str, Any]) -> Iterable[str]:
    """Yield what a person reads of an event: the calls there are at first, then each that changes."""
    if event["type"] in {"hello", "lagged"}:
        if event["type"] == "lagged":
            yield f"({event['dropped']} events were missed; these are the calls now)"
        for call in event["calls"]:
            yield _line("now", call)
    elif "call" in event and isinstance(event["call"], dict):
        yield _line(event["type"], event["call"])
    elif event["type"] == "dnd":
        yield f"{'dnd':13} {'on' if event['on'] else 'off'}"
    elif event["type"] == "phone":
        yield f"{'phone':13} {printable(event['state'])} {printable(event['message'])}".rstrip()


def _line(what: str, call: dict[str, Any]) -> str:
    from hub.cli.acting import other_party

    told = call["outcome"] or call["state"]
    return f"{what:13} {printable(told):10} {other_party(call)}  [{printable(call['id'])}]"
