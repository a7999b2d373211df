from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("handoff")
@click.argument("device")
@click.argument("call", default="")
@as_json
@click.pass_obj
def command(settings: Settings, device: str, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Move a call to another of your devices: it rings there, and has moved once it is answered.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    with connect(settings) as client:
        acted = client.post(f"{path_of(call)}/handoff", {"device": device})
    show(acted, as_json=as_json, people=lambda told: say(f"{device} rings for {other_party(told)}"))
