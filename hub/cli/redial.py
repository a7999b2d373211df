from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.acting import begin, may_end, number_of
from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("redial")
@click.option("--device", default="", metavar="NAME", help="From which of your devices.  [default: your usual one]")
@may_end
@as_json
@click.pass_obj
def command(settings: Settings, device: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Call the number that was dialled last."""
    from hub.cli.client import connect

    with connect(settings) as client:
        dialled = begin(client, "/redial", {"device": device, "may_end": may_end}, as_json=as_json)
    show(dialled, as_json=as_json, people=lambda told: say(f"dialling {number_of(told['number'])}"))
