"""Reading the call history: which calls are wanted, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, not_, or_, select

from hub.core.call import Direction, Network, Outcome
from hub.store import call_json, search, tables
from hub.store.calls import SEPARATORS, is_the
from hub.store.recordings import of_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Connection, Row

    from hub.core.call import Call

_AT_ONCE = 500
_LOOKED_AT = 50
"""Calls that a search looks at at once."""
_SHOWN = [tables.calls.c[name] for name in (
    "id", "user", "conversation", "direction", "name", "number", "e164", "national", "started", "answered", "ended",
    "duration", "outcome", "device", "line", "queue", "dnis", "dnis_name", "internal", "orbit",
    "network",
)]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote to a call."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line of the call history (HIST-01). Times are aware UTC.

    `number` is as received, `e164` and `national` what it means. `duration` is how long they spoke in seconds, 0 if
    nobody answered, None while the call lives; `outcome` is None as long. `recordings` are the ids of its recordings,
    `network` is how its audio came, where the phone tells that.
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
    network: Network | None = None
    notes: tuple[Note, ...] = ()
    recordings: tuple[str, ...] = ()


class Sort(StrEnum):
    """What a history is sorted by: time (the newest first), name, or number; those of one name by time."""

    TIME = "time"
    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which calls of a user are wanted: those begun from `since` to before `until`, `limit` of them after `offset`.

    `search` is found anywhere in name, number, queue, the number dialled or a note, in small or capital letters;
    separators in numbers do not matter. `reverse` turns the order round. `after` is the time and the id of a call: only
    what is older is wanted, so that a long list can be read in parts while calls are added.
    """

    user: str
    since: datetime | None = None
    until: datetime | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    search: str = ""
    sort: Sort = Sort.TIME
    reverse: bool = False
    offset: int = 0
    limit: int = 200
    after: tuple[datetime, str] | None = None


def read_entries(connection: Connection, query: Query) -> list[HistoryEntry]:
    """Return lines of the history, with their notes and recordings."""
    return _entries(connection, query.user, _rows(connection, query, _SHOWN))


def read_entry(connection: Connection, user: str, call_id: str) -> HistoryEntry | None:
    """Return one line of the history, None if the user has no call of that id."""
    found = connection.execute(select(*_SHOWN).where(is_the(user, call_id))).all()
    return next(iter(_entries(connection, user, found)), None)


def read_calls(connection: Connection, query: Query) -> list[Call]:
    """Return past calls whole."""
    call = tables.calls.c
    wanted = [call.id, call.started, call.name, call.number, call.e164, call.call]
    return [call_json.from_text(row.call) for row in _rows(connection, query, wanted)]


def _entries(connection: Connection, user: str, rows: Sequence[Row[Any]]) -> list[HistoryEntry]:
    """Return the lines of these rows, with their notes and recordings."""
    notes: dict[str, list[Note]] = {}
    recorded: dict[str, list[str]] = {}
    note, ids = tables.notes.c, [row.id for row in rows]
    for start in range(0, len(ids), _AT_ONCE):
        these = ids[start : start + _AT_ONCE]
        of_these = select(note.call, note.at, note.text).where(note.user == user, note.call.in_(these))
        for row in connection.execute(of_these.order_by(note.id)):
            notes.setdefault(row.call, []).append(Note(at=row.at, text=row.text))
        recorded |= of_calls(connection, user, these)
    return [_entry(row, tuple(notes.get(row.id, ())), tuple(recorded.get(row.id, ()))) for row in rows]


def _rows(connection: Connection, query: Query, columns: list[Column[Any]]) -> list[Row[Any]]:
    """Return the rows that are wanted, in order: those that are settled by their indexes, among them the fresh ones."""
    call, end = tables.calls.c, query.offset + query.limit
    chosen = select(*columns).where(_wanted(query)).order_by(*_order(query)).limit(end)
    texts = _texts(query)
    if texts and all(search.can_find(connection, text) for text in texts):
        until = query.until if query.after is None else query.after[0] + tables.MICROSECOND
        candidates = search.candidates(connection, query.user, texts, (query.since, until), oldest_first=query.reverse)
        settled = _found(connection, query, chosen, candidates)
    elif query.sort is Sort.TIME:
        return list(connection.execute(chosen.limit(query.limit).offset(query.offset)))
    else:
        settled = list(connection.execute(chosen.where(not_(call.fresh))))
    fresh = connection.execute(chosen.where(call.fresh).order_by(None).limit(None)).all()
    if fresh or query.sort is not Sort.TIME:
        settled = _sorted([*settled, *fresh], query)
    return settled[query.offset : end]


def _found(connection: Connection, query: Query, chosen: Any, candidates: Iterator[list[Any]]) -> list[Row[Any]]:
    """Return the settled rows among the candidates; by time no more than are wanted, and in order.

    The order is made here: by one for the database it would choose to go through all calls in that order.
    """
    call, found = tables.calls.c, list[Any]()
    unordered = chosen.where(not_(call.fresh)).order_by(None).limit(None)
    end = query.offset + query.limit
    for times in candidates:
        for start in range(0, len(times), _LOOKED_AT):
            these = unordered.where(call.started.in_(times[start : start + _LOOKED_AT]))
            found += _sorted(list(connection.execute(these)), query)
            if query.sort is Sort.TIME and len(found) >= end:
                return found
    return found


def _order(query: Query) -> list[ColumnElement[Any]]:
    """Return the order in the database; that of fresh rows is `_sorted`'s."""
    call = tables.calls.c
    by_time = [call.started.desc(), call.id.desc()]
    turned = [call.started, call.id]
    match query.sort:
        case Sort.NAME:
            return [call.by_name.desc(), *turned] if query.reverse else [call.by_name, *by_time]
        case Sort.NUMBER:
            return [call.by_number.desc(), *turned] if query.reverse else [call.by_number, *by_time]
    return [*turned] if query.reverse else [*by_time]


def _sorted(rows: list[Row[Any]], query: Query) -> list[Row[Any]]:
    rows.sort(key=lambda row: (row.started, row.id), reverse=not query.reverse)
    if (key := _KEYS.get(query.sort)) is not None:
        rows.sort(key=key, reverse=query.reverse)
    return rows


_KEYS: dict[Sort, Callable[[Row[Any]], str]] = {
    Sort.NAME: lambda row: search.name_key(row.name),
    Sort.NUMBER: search.number_key,
}


def _texts(query: Query) -> list[str]:
    """Return what is searched for: a number also without what does not matter in one."""
    text = query.search.strip().casefold()
    keys = text.translate(SEPARATORS)
    return sorted({text, keys} if keys.lstrip("+").isdecimal() else {text} if text else ())


def _wanted(query: Query) -> ColumnElement[bool]:
    call = tables.calls.c
    wanted = [call.user == query.user, call.deleted.is_(None)]
    if query.since is not None:
        wanted.append(call.started >= query.since)
    if query.until is not None:
        wanted.append(call.started < query.until)
    if query.after is not None:
        at, call_id = query.after
        wanted.append(or_(call.started < at, and_(call.started == at, call.id < call_id)))
    if query.outcome is not None:
        wanted.append(call.outcome == query.outcome.value)
    if query.direction is not None:
        wanted.append(call.direction == query.direction.value)
    if texts := _texts(query):
        note = tables.notes.c
        text = query.search.strip().casefold()
        noted = select(note.call).where(
            note.user == call.user, note.call == call.id, note.text.icontains(text, autoescape=True)
        )
        wanted.append(or_(*(call.searchable.contains(each, autoescape=True) for each in texts), noted.exists()))
    return and_(*wanted)


def _entry(row: Row[Any], notes: tuple[Note, ...], recordings: tuple[str, ...]) -> HistoryEntry:
    told = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    told["direction"] = Direction(row.direction)
    told["outcome"] = Outcome(row.outcome) if row.outcome else None
    told["orbit"] = row.orbit or ""
    told["network"] = call_json.network_from_text(row.network)
    return HistoryEntry(**told, notes=notes, recordings=recordings)
