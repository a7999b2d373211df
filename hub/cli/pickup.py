from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.acting import begin, may_end
from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("pickup")
@click.argument("whom", default="")
@click.option("--device", default="", metavar="NAME", help="At which of your devices.  [default: your usual one]")
@may_end
@as_json
@click.pass_obj
def command(settings: Settings, whom: str, device: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Answer a call that rings at somebody else's handset.

    WHOM is a user or group, by name or extension; without it any colleague in a group of yours.
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        done = begin(client, "/pick-up", {"whom": whom, "device": device, "may_end": may_end}, as_json=as_json)
    show(done, as_json=as_json, people=lambda _told: say("picked up"))
