from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli import COMMANDS
from hub.cli.output import say

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("sign-out", short_help=COMMANDS["sign-out"])
@click.pass_obj
def command(settings: Settings) -> None:
    """Sign out at the phone system until `phonehub sign-in`, over restarts of the hub too. Calls go on."""
    from hub.cli.client import connect

    with connect(settings) as client:
        client.post("/account/sign-out")
    say('signed out; "phonehub sign-in" signs in again')
