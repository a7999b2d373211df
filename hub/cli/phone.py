from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, printable, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


COLUMNS = ("handset", "name", "model", "line keys", "conference", "another call", "capabilities")


@click.command("phone")
@as_json
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Show the phone system and the handsets, and what they can do."""
    from hub.cli.client import connect

    with connect(settings) as client:
        show(client.get("/phone"), as_json=as_json, people=_print)


def _print(phone: dict[str, Any]) -> None:
    system = f"{printable(phone['product'])} {printable(phone['version'])}".strip()
    say(f"{printable(phone['state'])}: {system}" if system else printable(phone["state"]))
    say(f"together they can: {', '.join(map(printable, phone['capabilities']))}" if phone["capabilities"] else "")
    rows = (
        (
            handset["id"],
            handset["name"],
            handset["model"],
            ", ".join(handset["appearances"]),
            handset["conference_size"] or "",
            "holds the first" if handset["auto_hold"] else "ends the first",
            ", ".join(handset["capabilities"]),
        )
        for handset in phone["handsets"]
    )
    print_table(COLUMNS, rows)
