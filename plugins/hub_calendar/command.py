"""`phonehub calendar`: what it says goes to the running hub over its API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hub.commands import UserError, as_json, connect, print_table, printable, say, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.commands import Client, Settings

_PATH = "/plugins/calendar"
_PRESENCES = ("in_office", "at_a_meeting", "busy", "away", "at_home", "on_business_trip", "on_vacation")


@click.group("calendar")
def command() -> None:
    """Show your appointments, and choose the presence during one.

    An APPOINTMENT is named by its id, as `phonehub calendar list --ids` shows it, or by text that only one title has.
    """


@command.command("list")
@click.option(
    "--days", type=click.FloatRange(0, 60, min_open=True), default=7.0, show_default=True, help="From now on."
)
@click.option("--ids", is_flag=True, help="Show the ids too.")
@as_json
@click.pass_obj
def list_(settings: Settings, /, as_json: bool, days: float, ids: bool) -> None:  # noqa: FBT001  flags
    """List your appointments from now on."""
    with connect(settings) as client:
        found = client.get(f"{_PATH}/appointments", days=days)
    show(found, as_json=as_json, people=lambda rows: _print(rows, ids=ids))


@command.command("now")
@as_json
@click.pass_obj
def now(settings: Settings, /, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Show what is on now."""
    with connect(settings) as client:
        found = client.get(f"{_PATH}/now")
    show(found, as_json=as_json, people=lambda rows: _print(rows, ids=False))


@command.command("presence")
@click.argument("appointment")
@click.argument("presence", type=click.Choice([*_PRESENCES, "usual"]))
@click.option("--series", is_flag=True, help="For all of its series.")
@as_json
@click.pass_obj
def presence(settings: Settings, /, as_json: bool, appointment: str, presence: str, series: bool) -> None:  # noqa: FBT001
    """Choose the presence during an APPOINTMENT; `usual`: as its calendar says. The calendar itself stays as it is."""
    with connect(settings) as client:
        found = _found(client, appointment)
        wanted = {"id": found["series" if series else "id"], "presence": None if presence == "usual" else presence}
        told = client.post(f"{_PATH}/presence", wanted)
    show(told, as_json=as_json, people=lambda one: say(f"{_title(one)}: {_words(one['presence'])}"))


@command.command("sources")
@as_json
@click.pass_obj
def sources(settings: Settings, /, as_json: bool) -> None:  # noqa: FBT001  a flag
    """List where your appointments come from, and how each stands."""
    with connect(settings) as client:
        found = client.get(f"{_PATH}/sources")
    show(found, as_json=as_json, people=_print_sources)


@command.command("refresh")
@click.argument("source", default="")
@as_json
@click.pass_obj
def refresh(settings: Settings, /, as_json: bool, source: str) -> None:  # noqa: FBT001  a flag
    """Read a SOURCE now, or all of them."""
    with connect(settings) as client:
        names = [source] if source else [each["name"] for each in client.get(f"{_PATH}/sources")]
        found = [client.post(f"{_PATH}/sources/{each}/refresh") for each in names]
    show(found, as_json=as_json, people=_print_sources)


def _found(client: Client, text: str) -> Any:
    rows = client.get(f"{_PATH}/appointments", days=60)
    exact = [row for row in rows if row["id"] == text]
    alike = exact or [row for row in rows if text.casefold() in row["title"].casefold()]
    if len({row["series"] for row in alike}) > 1 and not exact:
        names = ", ".join(sorted({repr(row["title"]) for row in alike})[:5])
        raise UserError.of(f"{len(alike)} appointments have that in their title: {names}", "name one by its id", text)
    if not alike:
        raise UserError.of("no appointment of the next 60 days is that", "`phonehub calendar list --ids`", text)
    return alike[0]


def _print(rows: list[Any], *, ids: bool) -> None:
    columns = ("when", "what", "shown as", "presence", *(("id",) if ids else ()))
    print_table(columns, [tuple(_row(each, ids=ids)) for each in rows]) if rows else say("no appointments")


def _row(each: Any, *, ids: bool) -> Iterator[str]:
    yield _when(each)
    yield _title(each)
    yield each["show_as"].replace("_", " ")
    yield _words(each["presence"]) + (", chosen" if each["chosen"] else "")
    if ids:
        yield printable(each["id"])


def _when(each: Any) -> str:
    start, end = datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])
    if each["all_day"]:
        return f"{start:%a %Y-%m-%d}, all day"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%a %Y-%m-%d %H:%M} - {until}"


def _title(each: Any) -> str:
    return "(private)" if each["private"] else printable(each["title"]) or "(no title)"


def _words(presence: str | None) -> str:
    return presence.replace("_", " ") if presence else "no change"


def _print_sources(rows: list[Any]) -> None:
    if not rows:
        say("no sources: name them in the configuration as [plugins.calendar.sources.NAME]")
        return
    print_table(
        ("source", "kind", "state", "appointments", "refreshed"),
        ((e["name"], e["kind"], e["state"], str(e["appointments"]), (e["refreshed"] or "never")[:19]) for e in rows),
    )
    for each in rows:
        for told in [each["error"]] * bool(each["error"]) + each["problems"]:
            say(f"{each['name']}: {printable(told)}")
