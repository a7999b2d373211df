"""The calls of the history: what is written of each, what a restarted hub needs of it, and how it goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update

from hub.core.numbers import Number
from hub.store import call_json, posts, search, tables
from hub.store.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.core.call import Call

SEPARATORS = str.maketrans("", "", " -./()")
"""What does not matter in a number that is searched for."""
MOST_AT_ONCE = 500
"""Calls that are deleted in one transaction: everybody else's wait for it."""
_EMPTIED: dict[str, Any] = {
    **dict.fromkeys(
        ("conversation", "direction", "state", "name", "number", "e164", "national", "device", "line", "queue", "dnis",
         "dnis_name", "orbit", "searchable", "call"), ""
    ),
    **dict.fromkeys(("answered", "duration", "outcome", "network", "by_name", "by_number")),
    "internal": False,
}  # fmt: skip
"""What is left of the columns that say something of a call, once it is deleted: its id and its time stay."""


def write_calls(connection: Connection, calls: Iterable[Call]) -> None:
    """Write calls as they are now, but not those that were deleted; none may occur twice."""
    insert_or_replace(connection, tables.calls, [_row(call) for call in calls], unless="deleted")


def write_marks(connection: Connection, marks: Mapping[str, str]) -> None:
    """Write how far each user's phone system was followed."""
    insert_or_replace(connection, tables.marks, [{"user": user, "mark": mark} for user, mark in marks.items()])


def add_note(connection: Connection, user: str, call_id: str, text: str, at: datetime) -> None:
    """Write a note to a call; raises `LookupError` if the user has no such call."""
    call = tables.calls.c
    known = select(call.started, call.fresh).where(is_the(user, call_id))
    row = connection.execute(known).first()
    if row is None:
        raise LookupError(call_id)
    connection.execute(insert(tables.notes), {"user": user, "call": call_id, "at": at, "text": text})
    if not row.fresh:
        search.renew(connection, {(user, row.started)})


def read_open_calls(connection: Connection, user: str) -> list[Call]:
    """Return the calls that had not ended when they were last heard of, oldest first."""
    call = tables.calls.c
    still_open = (call.user == user, call.fresh, call.ended.is_(None), call.deleted.is_(None))
    found = connection.execute(select(call.call).where(*still_open).order_by(call.started))
    return [call_json.from_text(text) for text in found.scalars()]


def read_former_calls(connection: Connection, user: str, limit: int) -> list[str]:
    """Return the ids of the latest calls that have ended, also of deleted ones, oldest first."""
    call = tables.calls.c
    ended = select(call.id, call.started).where(call.user == user, call.ended.is_not(None))
    found = [
        row
        for there in (call.deleted.is_(None), call.deleted.is_not(None))
        for row in connection.execute(ended.where(there).order_by(call.started.desc()).limit(limit))
    ]
    return [row.id for row in sorted(found, key=lambda row: row.started)][-limit:]


def read_mark(connection: Connection, user: str) -> str:
    """Return how far the user's phone system was followed, empty at the start."""
    found = connection.execute(select(tables.marks.c.mark).where(tables.marks.c.user == user)).scalar()
    return found or ""


def read_call(connection: Connection, user: str, call_id: str) -> Call | None:
    """Return one call whole, None if the user has none of that id."""
    found = connection.execute(select(tables.calls.c.call).where(is_the(user, call_id))).scalar()
    return call_json.from_text(found) if found else None


def delete_one(connection: Connection, user: str, call_id: str, at: datetime) -> bool:
    """Delete a call that is over, with its notes, for good; return whether there was one."""
    return bool(_delete(connection, user, tables.calls.c.id == call_id, at))


def delete_some(connection: Connection, user: str, before: datetime | None, at: datetime) -> int:
    """Delete the oldest calls that are over, those begun before a time (None: any); return how many, 0 for all gone."""
    call = tables.calls.c
    older = call.started < before if before is not None else call.started.is_not(None)
    oldest = select(call.id).where(call.user == user, call.deleted.is_(None), call.ended.is_not(None), older)
    ids = connection.execute(oldest.order_by(call.started).limit(MOST_AT_ONCE)).scalars().all()
    return _delete(connection, user, call.id.in_(ids), at) if ids else 0


def is_the(user: str, call_id: str) -> ColumnElement[bool]:
    """Return what is true of a user's call of that id, unless it was deleted."""
    call = tables.calls.c
    return and_(call.user == user, call.id == call_id, call.deleted.is_(None))


def prune(connection: Connection, most: int, before: datetime) -> None:
    """Delete ended calls begun before a time, each user's beyond the newest `most`, and the notes of what is gone."""
    call = tables.calls.c
    for user in tuple(search.all_users(connection)):
        newest = select(call.started).where(call.user == user, call.deleted.is_(None)).order_by(call.started.desc())
        last = connection.execute(newest.offset(most).limit(1)).scalar()
        too_old = call.started < before
        for there in (call.deleted.is_(None), call.deleted.is_not(None)):
            outdated = or_(too_old, call.started <= last) if last is not None else too_old
            _prune(connection, user, and_(call.user == user, call.ended.is_not(None), there, outdated))


def _prune(connection: Connection, user: str, which: ColumnElement[bool]) -> None:
    call = tables.calls.c
    gone = connection.execute(select(call.id, call.started).where(which)).all()
    for start in range(0, len(gone), MOST_AT_ONCE):
        these = gone[start : start + MOST_AT_ONCE]
        ids = [row.id for row in these]
        connection.execute(delete(tables.calls).where(call.user == user, call.id.in_(ids)))
        _delete_with_them(connection, user, ids)
        search.renew(connection, {(user, row.started) for row in these})


def _delete(connection: Connection, user: str, which: ColumnElement[bool], at: datetime) -> int:
    """Leave of calls no more than that they were there: else one would come back with the next word about it."""
    call = tables.calls.c
    there = and_(call.user == user, which, call.deleted.is_(None), call.ended.is_not(None))
    gone = connection.execute(select(call.id, call.started).where(there)).all()
    connection.execute(update(tables.calls).where(there).values(**_EMPTIED, deleted=at, fresh=False))
    _delete_with_them(connection, user, [row.id for row in gone])
    search.renew(connection, {(user, row.started) for row in gone})
    return len(gone)


def _delete_with_them(connection: Connection, user: str, ids: list[str]) -> None:
    """Delete the notes of calls, and what of them was posted or is to be."""
    if ids:
        note = tables.notes.c
        connection.execute(delete(tables.notes).where(note.user == user, note.call.in_(ids)))
        posts.delete_of_calls(connection, user, ids)


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
        "network": call_json.network_to_text(call.network),
        "searchable": _searchable(call.name, call.party.name, call.queue, call.dialled.name, number, dialled),
        "call": call_json.to_text(call),
        "deleted": None,
        "fresh": True,
        "by_name": None,
        "by_number": None,
    }


def _searchable(*said: str | Number) -> str:
    """Return one line a field, numbers both as written and without separators."""
    lines: list[str] = []
    for each in said:
        if isinstance(each, Number):
            lines += (each.text, each.e164, each.national, each.national.translate(SEPARATORS))
        else:
            lines.append(each)
    return "\n".join(dict.fromkeys(line.casefold() for line in lines if line))
