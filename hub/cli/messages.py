from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.command("messages")
@click.option("--listen", is_flag=True, help="Dial the voicemail's number: # goes to the next message, 7 deletes it.")
@as_json
@click.pass_obj
def command(settings: Settings, listen: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Tell how many voicemail messages there are, or hear them."""
    from hub.cli.client import connect
    from hub.errors import UserError

    with connect(settings) as client:
        board: dict[str, Any] | None = client.get("/phone")["boards"].get("messages")
        if board is None or (listen and not board["number"]):
            raise UserError.of("the phone system tells of no voicemail", "ask its administrator for the number to dial")
        if listen:
            client.post("/calls", {"number": board["number"]})
    show(board, as_json=as_json, people=lambda told: say(f"{told['new']} new, {told['old']} old messages"))
