from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("dial")
@click.argument("number", nargs=-1, required=True)
@click.option("--device", default="", metavar="NAME", help="From which of your devices.  [default: your usual one]")
@click.option("--appearance", default="", metavar="KEY", help="On which line key.  [default: the chosen one]")
@as_json
@click.pass_obj
def command(
    settings: Settings,
    number: tuple[str, ...],
    device: str,
    appearance: str,
    as_json: bool,  # noqa: FBT001  a flag
) -> None:
    """Call a number, an extension or a tel: link.

    NUMBER may be written with spaces, as in: phonehub dial +1 585 555 1234
    """
    from hub.cli.acting import number_of
    from hub.cli.client import connect

    with connect(settings) as client:
        dialled = client.post("/calls", {"number": " ".join(number), "device": device, "appearance": appearance})
    show(dialled, as_json=as_json, people=lambda told: say(f"dialling {number_of(told['number'])}"))
