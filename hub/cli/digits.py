from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("digits")
@click.argument("digits")
@click.argument("call", default="")
@as_json
@click.pass_obj
def command(settings: Settings, digits: str, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Send digits (0-9, *, #, A-D) over a call, for menus and PINs.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant. DIGITS of `-` are read
    from standard input, so that a PIN stands in no process list.
    """
    import sys

    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    keys = sys.stdin.readline().strip() if digits == "-" else digits
    with connect(settings) as client:
        acted = client.post(f"{path_of(call)}/digits", {"digits": keys})
    show(acted, as_json=as_json, people=lambda told: say(f"sent to {other_party(told)}"))
