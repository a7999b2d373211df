from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("intercom")
@click.argument("number", nargs=-1, required=True)
@click.option("--device", default="", metavar="NAME", help="From which of your devices.  [default: your usual one]")
@as_json
@click.pass_obj
def command(settings: Settings, number: tuple[str, ...], device: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Call a colleague so that their handset answers by itself; a number outside is called as by `dial`."""
    from hub.cli.acting import number_of
    from hub.cli.client import connect

    with connect(settings) as client:
        dialled = client.post("/intercom", {"number": " ".join(number), "device": device})
    show(dialled, as_json=as_json, people=lambda told: say(f"calling {number_of(told['number'])}"))
