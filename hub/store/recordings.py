"""The recordings there are: what is kept of each beside its file, and how that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from hub.core.call import Direction
from hub.store import tables
from hub.store.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEntry:
    """One recording that is complete. `audio` is the path of its file, `missing` what was over of the call in seconds.

    A deleted one has no file any more; `deleted_by` is a user, or `retention`.
    """

    id: str
    user: str
    call: str
    conversation: str
    direction: Direction
    name: str
    number: str
    e164: str
    began: datetime
    duration: float
    missing: float
    format: str
    size: int
    sha256: str
    audio: str
    deleted: datetime | None = None
    deleted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which recordings of a user are wanted: those begun from `since` to before `until`, the newest `limit`.

    `search` is found in the name or number of the far end, `call` is a call's id. Those `deleted` come only if wanted.
    """

    user: str
    since: datetime | None = None
    until: datetime | None = None
    call: str = ""
    search: str = ""
    limit: int = 200
    deleted: bool = False


def write(connection: Connection, entry: RecordingEntry) -> None:
    """Write one as it is now."""
    row = {name: getattr(entry, name) for name in RecordingEntry.__dataclass_fields__}
    row |= {
        "direction": entry.direction.value,
        "searchable": f"{entry.name}\n{entry.number}\n{entry.e164}".casefold(),
    }
    insert_or_replace(connection, tables.recordings, [row])


def read(connection: Connection, wanted: Wanted) -> list[RecordingEntry]:
    """Return recordings, the newest first."""
    row = tables.recordings.c
    found = connection.execute(
        select(*_COLUMNS).where(_which(wanted)).order_by(row.began.desc(), row.id.desc()).limit(wanted.limit)
    )
    return [_entry(dict(each)) for each in found.mappings()]


def read_one(connection: Connection, user: str, name: str) -> RecordingEntry | None:
    """Return one, None if the user has no such recording."""
    row = tables.recordings.c
    found = connection.execute(select(*_COLUMNS).where(row.user == user, row.id == name)).mappings().first()
    return _entry(dict(found)) if found else None


def mark_deleted(connection: Connection, user: str, name: str, at: datetime, by: str) -> None:
    """Note that its file is gone."""
    row = tables.recordings.c
    connection.execute(
        update(tables.recordings).where(row.user == user, row.id == name).values(deleted=at, deleted_by=by)
    )


def of_calls(connection: Connection, user: str, calls: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of the recordings of some calls, the oldest first."""
    row = tables.recordings.c
    found: dict[str, list[str]] = {}
    wanted = and_(row.user == user, row.call.in_(list(calls)), row.deleted.is_(None))
    for call, name in connection.execute(select(row.call, row.id).where(wanted).order_by(row.began)):
        found.setdefault(call, []).append(name)
    return found


def outdated(connection: Connection, user: str, before: datetime | None, most_bytes: int) -> list[RecordingEntry]:
    """Return those begun before a time, and the oldest of those beyond so many bytes (0: any number)."""
    found, total = [], 0
    for entry in read(connection, Wanted(user=user, limit=_ALL)):
        total += entry.size
        if (before and entry.began < before) or (most_bytes and total > most_bytes):
            found.append(entry)
    return found


_ALL = 1 << 31
_COLUMNS = [column for column in tables.recordings.columns if column.name != "searchable"]


def _which(wanted: Wanted) -> ColumnElement[bool]:
    row = tables.recordings.c
    which = [row.user == wanted.user]
    if wanted.since is not None:
        which.append(row.began >= wanted.since)
    if wanted.until is not None:
        which.append(row.began < wanted.until)
    if wanted.call:
        which.append(row.call == wanted.call)
    if not wanted.deleted:
        which.append(row.deleted.is_(None))
    if search := wanted.search.strip().casefold():
        which.append(row.searchable.contains(search, autoescape=True))
    return and_(*which)


def _entry(row: dict[str, Any]) -> RecordingEntry:
    return RecordingEntry(**{**row, "direction": Direction(row["direction"])})
