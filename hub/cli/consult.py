from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("consult")
@click.argument("target")
@click.argument("call", default="")
@as_json
@click.pass_obj
def command(settings: Settings, target: str, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Hold a call and call somebody about it; again: drop that one and try somebody else.

    Then `phonehub complete` puts them through to each other, `phonehub cancel` takes the caller back, `phonehub
    conference` joins all. CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    with connect(settings) as client:
        acted = client.post(f"{path_of(call)}/consult", {"number": target})
    show(acted, as_json=as_json, people=lambda told: say(f"on hold: {other_party(told['held'])}; calling {target}"))
