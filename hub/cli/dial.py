from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.acting import begin, may_end, number_of
from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("dial")
@click.argument("number", nargs=-1, required=True)
@click.option("--device", default="", metavar="NAME", help="From which of your devices.  [default: your usual one]")
@click.option("--appearance", default="", metavar="KEY", help="On which line key.  [default: the chosen one]")
@may_end
@as_json
@click.pass_obj
def command(
    settings: Settings,
    number: tuple[str, ...],
    device: str,
    appearance: str,
    may_end: bool,  # noqa: FBT001  a flag
    as_json: bool,  # noqa: FBT001  a flag
) -> None:
    """Call a number, an extension or a tel: link.

    NUMBER may be written with spaces, as in: phonehub dial +1 585 555 1234
    """
    from hub.cli.client import connect

    with connect(settings) as client:
        wanted = {"number": " ".join(number), "device": device, "appearance": appearance, "may_end": may_end}
        dialled = begin(client, "/calls", wanted, as_json=as_json)
    show(dialled, as_json=as_json, people=lambda told: say(f"dialling {number_of(told['number'])}"))
