from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import printable, say

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("sign-in", short_help=COMMANDS["sign-in"])
@click.option("--password", is_flag=True, help="Ask for the password, and keep it where the configuration refers to.")
@click.option("--handset", "handsets", multiple=True, metavar="ID", help="Only at this handset; may come again.")
@click.option("--all-handsets", is_flag=True, help="At all handsets.")
@click.pass_obj
def command(
    settings: Settings,
    password: bool,  # noqa: FBT001  a flag of the command line
    handsets: tuple[str, ...],
    all_handsets: bool,  # noqa: FBT001  likewise
) -> None:
    """Sign in at the phone system, after signing out, or at other handsets, or with another password.

    What is chosen stays, over restarts of the hub too. If it fails, everything is as before.
    """
    from hub.cli.client import connect

    if handsets and all_handsets:
        raise click.UsageError("name handsets, or all of them")
    wanted: dict[str, Any] = {}
    if password:
        wanted["password"] = click.prompt("Password", hide_input=True)
    if handsets or all_handsets:
        wanted["handsets"] = list(handsets)
    with connect(settings) as client:
        done = client.post("/account/sign-in", wanted)
        account = client.get("/account")
    devices = ", ".join(device["id"] for device in account["devices"] if device["watched"])
    say(f"signed in as {printable(account['name'] or account['user'])}, at {printable(devices or 'no handset')}")
    say(printable(done["remedy"]))
