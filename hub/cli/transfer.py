from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("transfer")
@click.argument("target", default="")
@click.argument("call", default="")
@click.option("--voicemail", is_flag=True, help="To TARGET's voicemail (a user or an extension; none: your own).")
@as_json
@click.pass_obj
def command(settings: Settings, target: str, call: str, voicemail: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Send a call on at once; one that rings is deflected.

    CALL is the call's id, as `phonehub calls` shows it; not needed where only one can be meant.
    """
    from hub.cli.acting import other_party, path_of
    from hub.cli.client import connect

    if not target and not voicemail:
        raise click.UsageError("say to whom: TARGET, or --voicemail")
    with connect(settings) as client:
        what, to = ("voicemail", {"user": target}) if voicemail else ("transfer", {"number": target})
        acted = client.post(f"{path_of(call)}/{what}", to)
    show(acted, as_json=as_json, people=lambda told: say(f"sent on: {other_party(told)}"))
