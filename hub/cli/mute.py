from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("mute")
@click.argument("what", type=click.Choice(["on", "off"]), default="on")
@click.argument("call", default="")
@as_json
@click.pass_obj
def command(settings: Settings, what: str, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Let the far end of a call hear nothing, or hear again.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    with connect(settings) as client:
        acted = client.put(f"{path_of(call)}/mute", {"on": what == "on"})
    done = {"on": "muted:", "off": "no longer muted:"}[what]
    show(acted, as_json=as_json, people=lambda told: say(f"{done} {other_party(told)}"))
