from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.acting import begin, may_end, number_of
from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("intercom")
@click.argument("number", nargs=-1, required=True)
@click.option("--device", default="", metavar="NAME", help="From which of your devices.  [default: your usual one]")
@may_end
@as_json
@click.pass_obj
def command(
    settings: Settings,
    number: tuple[str, ...],
    device: str,
    may_end: bool,  # noqa: FBT001  a flag
    as_json: bool,  # noqa: FBT001  a flag
) -> None:
    """Call a colleague so that their handset answers by itself; a number outside is called as by `dial`."""
    from hub.cli.client import connect

    with connect(settings) as client:
        dialled = begin(
            client, "/intercom", {"number": " ".join(number), "device": device, "may_end": may_end}, as_json=as_json
        )
    show(dialled, as_json=as_json, people=lambda told: say(f"calling {number_of(told['number'])}"))
