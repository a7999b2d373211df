from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("retrieve")
@click.argument("orbit")
@click.option("--device", default="", metavar="NAME", help="At which of your devices.  [default: your usual one]")
@as_json
@click.pass_obj
def command(settings: Settings, orbit: str, device: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Take the call that is parked in ORBIT; `phonehub parked` shows those there are."""
    from hub.cli.client import connect

    with connect(settings) as client:
        done = client.post("/retrieve", {"orbit": orbit, "device": device})
    show(done, as_json=as_json, people=lambda _told: say(f"retrieved from {orbit}"))
