from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.acting import begin, may_end
from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings


COLUMNS = ("device", "key", "kind", "chosen", "state", "by")


@click.command("appearance")
@click.argument("key", default=None, required=False)
@click.option("--device", default="", metavar="NAME", help="Of which of your devices.  [default: your usual one]")
@click.option("--resume", is_flag=True, help="Take the call that is on shared hold at KEY.")
@may_end
@as_json
@click.pass_obj
def command(
    settings: Settings,
    key: str | None,
    device: str,
    resume: bool,  # noqa: FBT001  a flag
    may_end: bool,  # noqa: FBT001  a flag
    as_json: bool,  # noqa: FBT001  a flag
) -> None:
    """Show the line keys, choose one, or take what one holds.

    KEY is a line key's name: the next calls take it, until another is chosen. "" (nothing between quotes) goes back to
    the first free line.
    """
    from urllib.parse import quote

    from hub.cli.client import connect

    if resume and not key:
        raise click.UsageError("name the KEY to resume at")
    with connect(settings) as client:
        if key is not None and resume:
            begin(
                client,
                f"/appearances/{quote(key, safe='')}/resume",
                {"device": device, "may_end": may_end},
                as_json=as_json,
            )
        elif key is not None:
            client.put("/appearance", {"appearance": key, "device": device})
        board = client.get("/phone")["boards"].get("appearances", {"appearances": []})
    show(board["appearances"], as_json=as_json, people=_print)


def _print(keys: list[dict[str, Any]]) -> None:
    rows = (
        (key["device"], key["name"], key["kind"], "yes" if key["chosen"] else "", key["state"] or "", key["by"])
        for key in keys
    )
    print_table(COLUMNS, rows, empty="this phone system tells of no line keys")
