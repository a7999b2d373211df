"""The commands that read and write files of contacts."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from hub.commands import UserError, as_json, connect, print_json, print_table, printable, save_as, say
from hub_contacts.commands.named import PATH
from hub_contacts.commands.options import which

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.commands import Client, Settings

_ASKED_EVERY = 0.2
"""Seconds between two questions how far an import is."""
_PAGE = 1000
_LONGEST = 200


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map", "map_", multiple=True, metavar="COLUMN=FIELD", help="What a column is, by heading or number from 1."
)
@click.option("--duplicates", type=click.Choice(["skip", "merge", "keep"]), default="skip", show_default=True,
              help="What becomes of contacts that are there already.")  # fmt: skip
@click.option("--preview", is_flag=True, help="Show what the file is taken for, and its first contacts.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and keep nothing.")
@click.option("--format", type=click.Choice(["csv", "vcard"]), help="What the file is.  [default: found out]")
@click.option("--delimiter", metavar="CHARACTER", help="What stands between the cells.  [default: found out]")
@click.option("--encoding", metavar="NAME", help="Of text that is not Unicode.  [default: cp1252]")
@as_json
@click.pass_obj
def import_(
    settings: Settings,
    /,
    file: Path,
    map_: tuple[str, ...],
    preview: bool,  # noqa: FBT001  flags of the command line
    as_json: bool,  # noqa: FBT001
    **how: Any,
) -> None:
    """Import contacts from FILE, CSV or vCard: all that can be read of it, or nothing if it is broken off.

    What is refused is told with its line and the reason.
    """
    asked = {"map": map_ or None, **{name: how[name] for name in ("format", "delimiter", "encoding")}}
    with connect(settings) as client, file.open("rb") as content:
        if preview:
            told = client.send(f"{PATH}/preview", content, "application/octet-stream", **asked)
            return print_json(told) if as_json else _print_preview(file, told)
        if any(each["state"] == "running" for each in client.get(f"{PATH}/imports")):
            raise UserError.of("an import is going on", "wait until it is done")
        told = _imported(client, file, content, {**asked, "duplicates": how["duplicates"], "dry_run": how["dry_run"]})
        refused = list(_refused(client, told["id"]))
    if as_json:
        print_json({**told, "refusals": refused})
    else:
        _print_refused(file, refused)
        if told["state"] == "done":
            say(_summary(told))
    if told["state"] != "done":
        raise UserError.of(told["reason"] or "the import was stopped", "nothing of it is kept", str(file))
    return None


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["csv", "vcard", "vcard3"]),
              help="vcard is version 4.0, vcard3 is 3.0.  [default: by the name of FILE]")  # fmt: skip
@click.option("--search", metavar="TEXT", help="Only those with this in them.")
@which
@click.pass_obj
def export(settings: Settings, /, file: Path, kind: str | None, show_: tuple[str, ...], **query: Any) -> None:
    """Export your personal contacts, or those of the groups shown, to FILE, which must not be there yet; `-` prints."""
    query |= {"format": kind or _kind_of(file), "show": show_ or None}
    with connect(settings) as client:
        what = f"{PATH}/export"
        printed = str(file) == "-"
        told = client.download(what, sys.stdout.buffer, **query) if printed else save_as(file, client, what, **query)
    count = int(told["X-Contact-Count"])
    click.echo(f"exported {count:,} contacts to {printable(file)}", err=True)


def _imported(client: Client, file: Path, content: BinaryIO, query: dict[str, Any]) -> dict[str, Any]:
    """Have a file imported, and return how that ended; Ctrl-C stops it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(printable(file.name, 40), total=None)
        told: dict[str, Any] = client.send(f"{PATH}/imports", content, "application/octet-stream", **query)
        path = f"{PATH}/imports/{told['id']}"
        try:
            while told["state"] == "running":
                time.sleep(_ASKED_EVERY)
                told = client.get(path)
                progress.update(bar, total=told["size"], completed=told["read"])
        except KeyboardInterrupt:
            told = client.delete(path)
    return told


def _refused(client: Client, import_id: str) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        page = client.get(f"{PATH}/imports/{import_id}/refused", after=after, limit=_PAGE)
        if not page["refused"]:
            return
        yield from page["refused"]
        after = page["after"]


def _print_refused(file: Path, refused: list[dict[str, Any]]) -> None:
    for each in refused:
        partly = "in part: " if each["partly"] else ""
        click.echo(f"{printable(file)}:{each['line']}: {partly}{printable(each['reason'], _LONGEST)}", err=True)


def _summary(told: dict[str, Any]) -> str:
    parts = [f"{told[what]:,} {what}" for what in ("added", "merged", "skipped", "refused") if told[what]]
    unused = [each["heading"] for each in told["columns"] if not each["field"]]
    words = ", ".join(parts) or "there are no contacts in it"
    if unused:
        words += f"\nnothing was taken from: {printable(', '.join(unused), _LONGEST)}"
    return f"{words}\nnothing was kept: it was a dry run" if told["dry_run"] else words


def _print_preview(file: Path, told: dict[str, Any]) -> None:
    if told["format"] == "csv":
        delimiter = {"\t": "tabs"}.get(told["delimiter"], told["delimiter"])
        say(f"CSV ({told['preset']}), with {delimiter} between the cells")
        print_table(("column", "is"), [(each["heading"], each["field"] or "-") for each in told["columns"]])
    else:
        say("vCard")
    rows = [
        (each["name"], each["company"], "; ".join(f"{n['text']} {n['label']}".strip() for n in each["numbers"]))
        for each in told["contacts"]
    ]
    print_table(("name", "company", "numbers"), rows, empty="no contacts")
    _print_refused(file, told["refused"])


def _kind_of(file: Path) -> str:
    kinds = {".csv": "csv", ".vcf": "vcard", ".vcard": "vcard"}
    kind = kinds.get(file.suffix.lower())
    if kind is None:
        raise click.UsageError("say by --format what is to be written: csv, vcard or vcard3")
    return kind
