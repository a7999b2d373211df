from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("end")
@click.argument("call", default="")
@click.option("--all", "everybody", is_flag=True, help="Everybody in a conference.")
@as_json
@click.pass_obj
def command(settings: Settings, call: str, everybody: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Hang up.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    with connect(settings) as client:
        acted = client.post(f"{path_of(call)}/{'end-conference' if everybody else 'end'}")
    done = "ended the conference with" if everybody else "hung up on"
    show(acted, as_json=as_json, people=lambda told: say(f"{done} {other_party(told)}"))
