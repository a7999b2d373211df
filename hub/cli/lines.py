from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.acting import begin, may_end
from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from hub.cli import Settings


COLUMNS = ("line", "state", "by", "with")


@click.command("lines")
@click.argument("what", type=click.Choice(["show", "seize", "answer"]), default="show")
@click.argument("line", default="")
@click.option(
    "--device", default="", metavar="NAME", help="At which of your devices.  [default: one with a key for it]"
)
@may_end
@as_json
@click.pass_obj
def command(
    settings: Settings,
    what: str,
    line: str,
    device: str,
    may_end: bool,  # noqa: FBT001  a flag
    as_json: bool,  # noqa: FBT001  a flag
) -> None:
    """Show the outside lines, seize or answer one.

    The number is dialled over a seized LINE with `phonehub digits`, and ends with # or a pause. Without a LINE any idle
    one is seized.
    """
    from urllib.parse import quote

    from hub.cli.client import connect

    if what == "answer" and not line:
        raise click.UsageError("name the LINE to answer")
    with connect(settings) as client:
        if what != "show":
            begin(
                client,
                f"/lines/{quote(line or '-', safe='')}/{what}",
                {"device": device, "may_end": may_end},
                as_json=as_json,
            )
        board = client.get("/phone")["boards"].get("lines", {"lines": []})
    show(board["lines"], as_json=as_json, people=_print)


def _print(lines: list[dict[str, Any]]) -> None:
    from hub.cli.acting import party_of

    rows = ((line["name"], line["state"], line["by"], party_of(line["party"])) for line in lines)
    print_table(COLUMNS, rows, empty="your handsets have no keys for outside lines")
