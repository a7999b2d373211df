from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("call", "recording", "because", "what to do", "file")


@click.command("record")
@click.argument("what", type=click.Choice(["start", "pause", "resume", "stop", "status"]))
@click.argument("call", default="")
@as_json
@click.pass_obj
def command(settings: Settings, what: str, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Start, pause, resume or stop recording a call, or tell how it stands.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant. Of a conference, each
    call is recorded by itself.
    """
    from urllib.parse import quote

    from hub.cli.client import connect

    path = f"/calls/{quote(call or '-', safe='')}/recording"
    with connect(settings) as client:
        stands = client.get(path) if what == "status" else client.post(f"{path}/{what}")
    show(stands, as_json=as_json, people=_print)


def _print(stands: list[dict[str, Any]]) -> None:
    rows = [(each["call"], each["state"], each["reason"], each["advice"], each["recording"]) for each in stands]
    print_table(COLUMNS, rows, empty="no calls")
