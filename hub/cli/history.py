from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.acting import begin, may_end, number_of
from hub.cli.output import as_json, print_table, printable, say, show
from hub.cli.times import Since, lasted, local

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cli import Settings
    from hub.cli.client import Client

COLUMNS = ("id", "began", "direction", "with", "outcome", "lasted", "dialled", "queue", "device", "recordings", "notes")
MOST = 1000
NEWEST = "last"


@click.group("history", invoke_without_command=True, short_help=COMMANDS["history"])
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many, the newest.")
@click.option("--since", type=Since(), help="Only those begun since: 90m, 12h, 7d, 2w ago, or a date.")
@click.option("--until", type=Since(), help="Only those begun before, written in the same way.")
@click.option("--search", metavar="TEXT", default="", help="Only those with this in a name, number, queue or note.")
@click.option("--missed", is_flag=True, help="Only missed ones.")
@click.option("--sort", type=click.Choice(("time", "name", "number")), default="time", help="In this order.")
@click.option("--reverse", is_flag=True, help="In the opposite order.")
@as_json
@click.pass_context
def command(context: click.Context, /, as_json: bool, missed: bool, **wanted: Any) -> None:  # noqa: FBT001  flags
    """Show past calls, the newest first; also while no hub is running."""
    from hub.cli.client import NoHub, connect

    if context.invoked_subcommand is not None:
        return
    settings: Settings = context.obj
    wanted["outcome"] = "missed" if missed else None
    try:
        with connect(settings) as client:
            calls = client.get("/history", **{name: as_query(value) for name, value in wanted.items()})
    except NoHub:
        calls = _stored(settings, **wanted)
    show(calls, as_json=as_json, people=_print)


@command.command()
@click.argument("call")
@may_end
@as_json
@click.pass_obj
def dial(settings: Settings, call: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Call whoever a past call was with; CALL is its id, or `last`."""
    _call_again(settings, call, "/calls", may_end=may_end, as_json=as_json)


@command.command()
@click.argument("call")
@may_end
@as_json
@click.pass_obj
def intercom(settings: Settings, call: str, may_end: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Call the colleague whom a past call was with, whose handset answers by itself."""
    _call_again(settings, call, "/intercom", may_end=may_end, as_json=as_json)


@command.command()
@click.argument("call")
@click.argument("text", nargs=-1, required=True)
@click.pass_obj
def note(settings: Settings, call: str, text: tuple[str, ...]) -> None:
    """Add a note to a past call."""
    from hub.cli.client import connect

    with connect(settings) as client:
        client.post(f"{past_path(client, call)}/note", {"text": " ".join(text)})
    say("noted")


@command.command()
@click.argument("call", required=False)
@click.option("--all", "whole", is_flag=True, help="All past calls.")
@click.option("--before", type=Since(), help="With --all: only those begun before: 90d ago, or a date.")
@click.option("--recordings", is_flag=True, help="Their recordings too; else these stay as long as they would.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(
    settings: Settings,
    call: str | None,
    whole: bool,  # noqa: FBT001  flags of the command line
    before: datetime | None,
    recordings: bool,  # noqa: FBT001
    yes: bool,  # noqa: FBT001
) -> None:
    """Delete a past call, or all of them, with their notes, for good."""
    from hub.cli.client import connect

    if whole is (call is not None):
        raise click.UsageError("name a call, or say --all")
    if before is not None and not whole:
        raise click.UsageError("--before goes with --all")
    what = f"call {printable(call)}" if call else f"all calls begun before {before}" if before else "all past calls"
    if not yes:
        click.confirm(f"Delete {what} for good{', with the recordings' if recordings else ''}?", abort=True)
    with connect(settings) as client:
        if call is not None:
            client.delete(past_path(client, call), recordings=recordings)
            say("deleted")
        else:
            told = client.delete("/history", recordings=recordings, until=as_query(before))
            say(f"deleted {told['deleted']} calls")


def as_query(value: Any) -> Any:
    """Return a value as the API takes it in a query."""
    return value if value is None or isinstance(value, int | str) else value.isoformat()


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


def _stored(settings: Settings, *, outcome: str | None, sort: str, **wanted: Any) -> list[dict[str, Any]]:
    """Return what the hub would answer, read from its database."""
    from hub.config import load
    from hub.core.call import Outcome
    from hub.events import plain
    from hub.secrets import resolve
    from hub.store.past import Query, Sort
    from hub.store.reader import Reader

    config = load(settings.config)
    user = _user(settings.user, sorted(config.users))
    place = config.place("hub", "database")
    reader = Reader(resolve(config.hub.database_url, folder=config.path.parent, place=place))
    try:
        reader.check()
        query = Query(user=user, outcome=Outcome(outcome) if outcome else None, sort=Sort(sort), **wanted)
        return [plain(entry) for entry in reader.entries(query)]
    finally:
        reader.close()


def _user(named: str | None, users: list[str]) -> str:
    from hub.checking import suggest
    from hub.errors import UserError

    if named is None and len(users) == 1:
        return users[0]
    if named is None:
        several = f"there are several users: {', '.join(users)}" if users else "there is no user yet"
        raise UserError.of(several, "name one with --user, or in PHONEHUB_USER")
    if named not in users:
        raise UserError.of(f'there is no user "{named}"', suggest(named, users))
    return named


def _print(calls: list[dict[str, Any]]) -> None:
    print_table(COLUMNS, map(_row, calls), empty="no calls", colour=lambda row: "red" if row[4] == "missed" else "")


def _row(call: dict[str, Any]) -> tuple[str, ...]:
    number = call["national"] or call["e164"] or call["number"] or "(withheld)"
    name = printable(call["name"], 60)
    other = f"{name} ({printable(number, 60)})" if name and name != number else printable(number, 60)
    dialled = f"{call['dnis_name']} ({call['dnis']})" if call["dnis_name"] else call["dnis"]
    talked = lasted(call["duration"]) if call["duration"] else ""
    notes = "; ".join(note["text"] for note in call["notes"])
    began, outcome = local(call["started"]), _outcome(call)
    recordings = " ".join(call["recordings"])
    last = (outcome, talked, dialled, call["queue"], call["device"], recordings, notes)
    return call["id"], began, call["direction"], other, *last


def _outcome(call: dict[str, Any]) -> str:
    if call["outcome"] == "parked" and call["orbit"]:
        return f"parked at {call['orbit']}"
    return call["outcome"] or "(goes on)"
