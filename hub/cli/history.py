from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.history_journal import journal, post_again
from hub.cli.history_use import add, delete, details, dial, export, intercom, note
from hub.cli.output import as_json, print_table, printable, show
from hub.cli.times import Since, as_query, lasted, local

if TYPE_CHECKING:
    from hub.cli import Settings

COLUMNS = ("id", "began", "direction", "with", "outcome", "lasted", "dialled", "queue", "device", "recordings", "notes")
MOST = 1000


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


for each in (dial, intercom, details, note, add, delete, export, journal, post_again):
    command.add_command(each)


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
