from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings

_SAID = {True: "do-not-disturb is on", False: "do-not-disturb is off", None: "the phone system has not told"}


@click.command("dnd")
@click.argument("what", type=click.Choice(["on", "off", "status"]), default="status")
@as_json
@click.pass_obj
def command(settings: Settings, what: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Switch do-not-disturb on or off, or tell how it stands."""
    from hub.cli.client import connect

    with connect(settings) as client:
        told: dict[str, Any]
        told = {"on": client.get("/phone")["dnd"]} if what == "status" else client.put("/dnd", {"on": what == "on"})
    show(told, as_json=as_json, people=lambda dnd: say(_SAID[dnd["on"]]))
