"""The call history: what is written of each call, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select

from hub.core.call import Call, Direction, Outcome
from hub.core.numbers import Number
from hub.store import call_json, tables
from hub.store.recordings import of_calls
from hub.store.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_SEPARATORS = str.maketrans("", "", " -./()")
_ESCAPE = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote to a call."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line of the call history (HIST-01). Times are aware UTC.

    `number` is as received, `e164` and `national` what it means. `duration` is how long they spoke in seconds, 0 if
    nobody answered, None while the call lives; `outcome` is None as long. `recordings` are the ids of its recordings.
    """

    id: str
    user: str
    conversation: str
    direction: Direction
    name: str
    number: str
    e164: str
    national: str
    started: datetime
    answered: datetime | None
    ended: datetime | None
    duration: float | None
    outcome: Outcome | None
    device: str
    line: str
    queue: str
    dnis: str
    dnis_name: str
    internal: bool
    orbit: str = ""
    notes: tuple[Note, ...] = ()
    recordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which calls of a user are wanted: those begun from `since` to before `until`, at most `limit`, newest first.

    `search` is found anywhere in name, number, queue, the number dialled or a note, in small or capital letters;
    separators in numbers do not matter.
    """

    user: str
    since: datetime | None = None
    until: datetime | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    search: str = ""
    limit: int = 200


def write_calls(connection: Connection, calls: Iterable[Call]) -> None:
    """Write calls as they are now; none may occur twice."""
    insert_or_replace(connection, tables.calls, [_row(call) for call in calls])


def write_marks(connection: Connection, marks: Mapping[str, str]) -> None:
    """Write how far each user's phone system was followed."""
    insert_or_replace(connection, tables.marks, [{"user": user, "mark": mark} for user, mark in marks.items()])


def add_note(connection: Connection, user: str, call_id: str, text: str, at: datetime) -> None:
    """Write a note to a call; raises `LookupError` if the user has no such call."""
    known = select(tables.calls.c.id).where(tables.calls.c.user == user, tables.calls.c.id == call_id)
    if connection.execute(known).first() is None:
        raise LookupError(call_id)
    connection.execute(insert(tables.notes), {"user": user, "call": call_id, "at": at, "text": text})


def read_entries(connection: Connection, query: Query) -> list[HistoryEntry]:
    """Return the lines of the history, with their notes."""
    columns = [column for column in tables.calls.columns if column.name not in {"state", "searchable", "call"}]
    found = connection.execute(
        select(*columns)
        .where(_wanted(query))
        .order_by(tables.calls.c.started.desc(), tables.calls.c.id.desc())
        .limit(query.limit)
    ).mappings()
    rows: dict[str, dict[str, Any]] = {row["id"]: dict(row) for row in found}
    written: dict[str, list[Note]] = {call_id: [] for call_id in rows}
    note = tables.notes.c
    ids = list(rows)
    for start in range(0, len(ids), _AT_ONCE):
        of_these = and_(note.user == query.user, note.call.in_(ids[start : start + _AT_ONCE]))
        for row in connection.execute(select(note.call, note.at, note.text).where(of_these).order_by(note.id)):
            written[row.call].append(Note(at=row.at, text=row.text))
    recorded: dict[str, list[str]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        recorded |= of_calls(connection, query.user, ids[start : start + _AT_ONCE])
    return [_entry(row, tuple(written[call_id]), tuple(recorded.get(call_id, ()))) for call_id, row in rows.items()]


_AT_ONCE = 500


def read_calls(connection: Connection, query: Query) -> list[Call]:
    """Return past calls whole, newest first."""
    found = connection.execute(
        select(tables.calls.c.call)
        .where(_wanted(query))
        .order_by(tables.calls.c.started.desc(), tables.calls.c.id.desc())
        .limit(query.limit)
    )
    return [call_json.from_text(text) for text in found.scalars()]


def read_open_calls(connection: Connection, user: str) -> list[Call]:
    """Return the calls that had not ended when they were last heard of, oldest first."""
    call = tables.calls.c
    found = connection.execute(select(call.call).where(call.user == user, call.ended.is_(None)).order_by(call.started))
    return [call_json.from_text(text) for text in found.scalars()]


def read_former_calls(connection: Connection, user: str, limit: int) -> list[str]:
    """Return the ids of the latest calls that have ended, oldest first."""
    call = tables.calls.c
    ended = select(call.id).where(call.user == user, call.ended.is_not(None)).order_by(call.started.desc()).limit(limit)
    return list(reversed(connection.execute(ended).scalars().all()))


def read_mark(connection: Connection, user: str) -> str:
    """Return how far the user's phone system was followed, empty at the start."""
    found = connection.execute(select(tables.marks.c.mark).where(tables.marks.c.user == user)).scalar()
    return found or ""


def read_call(connection: Connection, user: str, call_id: str) -> Call | None:
    """Return one call whole, None if the user has none of that id."""
    call = tables.calls.c
    found = connection.execute(select(call.call).where(call.user == user, call.id == call_id)).scalar()
    return call_json.from_text(found) if found else None


def prune(connection: Connection, most: int, before: datetime) -> None:
    """Delete ended calls begun before a time, each user's beyond the newest `most`, and the notes of what is gone."""
    call, note = tables.calls.c, tables.notes.c
    gone = call.ended.is_not(None)
    connection.execute(delete(tables.calls).where(gone, call.started < before))
    for user in connection.execute(select(call.user).distinct()).scalars().all():
        last = select(call.started).where(call.user == user).order_by(call.started.desc()).offset(most).limit(1)
        oldest = connection.execute(last).scalar()
        if oldest is not None:
            connection.execute(delete(tables.calls).where(gone, call.user == user, call.started <= oldest))
    of_a_call = select(call.id).where(call.user == note.user, call.id == note.call).exists()
    connection.execute(delete(tables.notes).where(~of_a_call))


def _row(call: Call) -> dict[str, Any]:
    number, dialled = call.party.number, call.dialled.number
    talked = (call.ended - call.answered).total_seconds() if call.ended and call.answered else 0.0
    return {
        "user": call.user,
        "id": call.id,
        "conversation": call.conversation,
        "direction": call.direction.value,
        "state": call.state.value,
        "name": call.name,
        "number": number.text,
        "e164": number.e164,
        "national": number.national,
        "started": call.started,
        "answered": call.answered,
        "ended": call.ended,
        "duration": talked if call.ended else None,
        "outcome": call.outcome.value if call.outcome else None,
        "device": call.device,
        "line": call.line,
        "queue": call.queue,
        "dnis": dialled.text,
        "dnis_name": call.dialled.name,
        "internal": call.internal,
        "orbit": call.orbit,
        "searchable": _searchable(call.name, call.party.name, call.queue, call.dialled.name, number, dialled),
        "call": call_json.to_text(call),
    }


def _searchable(*said: str | Number) -> str:
    """Return one line a field, numbers both as written and without separators."""
    lines: list[str] = []
    for each in said:
        if isinstance(each, Number):
            lines += (each.text, each.e164, each.national, each.national.translate(_SEPARATORS))
        else:
            lines.append(each)
    return "\n".join(dict.fromkeys(line.casefold() for line in lines if line))


def _wanted(query: Query) -> ColumnElement[bool]:
    call = tables.calls.c
    wanted = [call.user == query.user]
    if query.since is not None:
        wanted.append(call.started >= query.since)
    if query.until is not None:
        wanted.append(call.started < query.until)
    if query.outcome is not None:
        wanted.append(call.outcome == query.outcome.value)
    if query.direction is not None:
        wanted.append(call.direction == query.direction.value)
    if search := query.search.strip().casefold():
        wanted.append(or_(*_found(search)))
    return and_(*wanted)


def _found(search: str) -> list[ColumnElement[bool]]:
    call, note = tables.calls.c, tables.notes.c
    keys = search.translate(_SEPARATORS)
    texts = {search, keys} if keys.lstrip("+").isdecimal() else {search}
    noted = select(note.call).where(
        note.user == call.user, note.call == call.id, note.text.icontains(search, autoescape=True)
    )
    return [*(call.searchable.contains(each, autoescape=True) for each in sorted(texts)), noted.exists()]


def _entry(row: dict[str, Any], notes: tuple[Note, ...], recordings: tuple[str, ...]) -> HistoryEntry:
    direction, outcome = Direction(row.pop("direction")), row.pop("outcome")
    row["orbit"] = row["orbit"] or ""
    ended = Outcome(outcome) if outcome else None
    return HistoryEntry(**row, direction=direction, outcome=ended, notes=notes, recordings=recordings)
