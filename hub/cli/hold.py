from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("hold")
@click.argument("call", default="")
@click.option(
    "--private/--shared",
    "private",
    default=None,
    help="Whether this handset alone can resume.  [default: as its appearance does]",
)
@as_json
@click.pass_obj
def command(settings: Settings, call: str, private: bool | None, as_json: bool) -> None:  # noqa: FBT001  flags
    """Put a call on hold.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    kind = {True: "private", False: "shared", None: None}[private]
    with connect(settings) as client:
        acted = client.post(f"{path_of(call)}/hold", {"kind": kind})
    show(acted, as_json=as_json, people=lambda told: say(f"put on hold: {other_party(told)}"))
