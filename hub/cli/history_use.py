"""What can be done with a past call, and with all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.acting import begin, may_end, number_of
from hub.cli.output import as_json, print_table, printable, say, show
from hub.cli.saving import save_as
from hub.cli.times import Since, as_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.cli import Settings
    from hub.cli.client import Client

_MEASURED: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("codec", str),
    ("jitter", lambda seconds: f"{1000 * seconds:.1f} ms"),
    ("loss", lambda part: f"{100 * part:.2f} %"),
    ("mos", lambda score: f"{score:.1f} of 5"),
)
"""How what the phone measured is told."""
NEWEST = "last"
"""What stands for the newest call."""


@click.command()
@click.argument("call")
@may_end
@as_json
@click.pass_obj
def dial(settings: Settings, call: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Call whoever a past call was with; CALL is its id, or `last`."""
    _call_again(settings, call, "/calls", may_end=may_end, as_json=as_json)


@click.command()
@click.argument("call")
@may_end
@as_json
@click.pass_obj
def intercom(settings: Settings, call: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Call the colleague whom a past call was with, whose handset answers by itself."""
    _call_again(settings, call, "/intercom", may_end=may_end, as_json=as_json)


@click.command()
@click.argument("call")
@click.argument("text", nargs=-1, required=True)
@click.pass_obj
def note(settings: Settings, call: str, text: tuple[str, ...]) -> None:
    """Add a note to a past call."""
    from hub.cli.client import connect

    with connect(settings) as client:
        client.post(f"{past_path(client, call)}/note", {"text": " ".join(text)})
    say("noted")


@click.command()
@click.argument("call", required=False)
@click.option("--all", "whole", is_flag=True, help="All past calls.")
@click.option("--before", type=Since(), help="With --all: only those begun before: 90d ago, or a date.")
@click.option("--recordings", is_flag=True, help="Their recordings too; else these stay as long as they would.")
@click.option("--handsets/--no-handsets", default=None, help="With --all: the lists that your handsets show, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(
    settings: Settings,
    call: str | None,
    whole: bool,  # noqa: FBT001  flags of the command line
    before: datetime | None,
    recordings: bool,  # noqa: FBT001
    handsets: bool | None,  # noqa: FBT001
    yes: bool,  # noqa: FBT001
) -> None:
    """Delete a past call, or all of them, with their notes, for good."""
    from hub.cli.client import connect

    if whole is bool(call):
        raise click.UsageError("name a call, or say --all")
    if before is not None and not whole:
        raise click.UsageError("--before goes with --all")
    if handsets is not None and not whole:
        raise click.UsageError("--handsets goes with --all")
    what = f"call {printable(call)}" if call else f"all calls begun before {before}" if before else "all past calls"
    if not yes:
        click.confirm(f"Delete {what} for good{', with the recordings' if recordings else ''}?", abort=True)
        if whole and before is None and handsets is None:
            handsets = click.confirm("Clear the lists that your handsets show, too?")
    with connect(settings) as client:
        if call:
            client.delete(past_path(client, call), recordings=recordings)
            say("deleted")
        else:
            told = client.delete("/history", recordings=recordings, handsets=handsets, until=as_query(before))
            say(f"deleted {told['deleted']} calls")


@click.command("show")
@click.argument("call")
@as_json
@click.pass_obj
def details(settings: Settings, call: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell all about a past call."""
    from hub.cli.client import connect

    with connect(settings) as client:
        told = client.get(past_path(client, call))
    show(told, as_json=as_json, people=lambda facts: print_table(("", ""), _facts(facts)))


@click.command()
@click.argument("call")
@click.option("--name", default="", help="Name of the contact; default: the one that came with the call.")
@as_json
@click.pass_obj
def add(settings: Settings, call: str, name: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Add whoever a past call was with to your contacts."""
    from hub.cli.client import connect
    from hub.errors import UserError

    with connect(settings) as client:
        told = client.get(past_path(client, call))
        number = told["e164"] or told["number"]
        if not number:
            raise UserError.of("the number of that call was withheld", "there is nothing to add")
        contact = {"description": name or told["name"], "numbers": [{"text": number, "primary": True}]}
        added = client.post("/plugins/contacts/people", contact)
    show(added, as_json=as_json, people=lambda one: say(f"added {printable(one['name'])}"))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--format", "kind", type=click.Choice(("csv", "json")), help="Default: by the end of the file's name.")
@click.option("--since", type=Since(), help="Only those begun since: 90m, 12h, 7d, 2w ago, or a date.")
@click.option("--until", type=Since(), help="Only those begun before, written in the same way.")
@click.option("--search", metavar="TEXT", default="", help="Only those with this in a name, number, queue or note.")
@click.pass_obj
def export(settings: Settings, /, file: str, kind: str | None, **wanted: Any) -> None:
    """Export past calls to FILE, which must not be there yet: CSV for spreadsheets, or JSON."""
    from pathlib import Path

    from hub.cli.client import connect

    path = Path(file)
    kind = kind or path.suffix.removeprefix(".").lower()
    if kind not in {"csv", "json"}:
        raise click.UsageError("say --format csv or --format json")
    with connect(settings) as client:
        save_as(path, client, f"/history.{kind}", **{name: as_query(value) for name, value in wanted.items()})
    say(f"exported to {printable(path)}")


def past_path(client: Client, call: str) -> str:
    """Return the API's path of a past call, or of the newest one."""
    from urllib.parse import quote

    return f"/history/{quote(past_call(client)['id'] if call == NEWEST else call, safe='')}"


def past_call(client: Client) -> dict[str, Any]:
    """Return the newest past call."""
    from hub.errors import UserError

    found: list[dict[str, Any]] = client.get("/history", limit=1)
    if not found:
        raise UserError.of("there is no past call")
    return found[0]


def _call_again(settings: Settings, call: str, path: str, *, may_end: bool, as_json: bool) -> None:
    from hub.cli.client import connect
    from hub.errors import UserError

    with connect(settings) as client:
        told = past_call(client) if call == NEWEST else client.get(past_path(client, call))
        number = told["e164"] or told["number"]
        if not number:
            raise UserError.of("the number of that call was withheld", "there is nothing to dial")
        dialled = begin(client, path, {"number": number, "may_end": may_end}, as_json=as_json)
    show(dialled, as_json=as_json, people=lambda told: say(f"dialling {number_of(told['number'])}"))


def _facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is told of a call, one fact a row, without what is empty."""
    rows: list[tuple[str, str]] = []
    for name, value in told.items():
        if name == "notes":
            rows += [("note", f"{note['at']}: {note['text']}") for note in value]
        elif isinstance(value, list):
            rows += [(name.removesuffix("s"), str(each)) for each in value]
        elif name == "network" and value is not None:
            rows += [(what, how(value[what])) for what, how in _MEASURED if value[what] not in (None, "")]
        elif value not in (None, "", False):
            rows.append((name, str(value)))
    return rows
