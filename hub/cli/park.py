from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, printable, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("park")
@click.argument("call", default="")
@click.option("--orbit", default="", metavar="N", help="In which orbit.  [default: the first that is free]")
@as_json
@click.pass_obj
def command(settings: Settings, call: str, orbit: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Park a call in an orbit, from where others can retrieve it.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    with connect(settings) as client:
        parked = client.post(f"{path_of(call)}/park", {"orbit": orbit})
    text = f"parked at {printable(parked['orbit'])}: {other_party(parked['call'])}"
    show(parked, as_json=as_json, people=lambda _told: say(text))
