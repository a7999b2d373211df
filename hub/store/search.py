"""An index of all that a search looks at, by three characters: which calls may hold a text, the newest first.

It is SQLite's FTS5, with a document for each call whose number is the call's time: so they come in the right order,
and what is found is looked up in the history itself, which has the last word. PostgreSQL does without.

A call is put in after it has ended, while the store has nothing else to do, since whoever waits for a durable call
would wait for this too: until then its row is `fresh`, and searched by itself.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy import column as a_column
from sqlalchemy import table as a_table

from hub.store import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

_WORDS = a_table("call_words", a_column("rowid"), a_column("words"))
_GRAM = 3
_MOST_GRAMS = 6
"""How many of a text's trigrams are looked up; the history itself looks at the whole text."""
_LOCAL = 8
"""Of a number only so many of its last characters are: most begin alike."""
_USER_BITS = 10
_LATEST = 1 << 52
"""Microseconds since 1970; calls that pretend to be of the year 2113 or of before 1970 are never put in."""
_PRIVATE = 0xE000
_FIRST_BATCH, _NEXT_BATCHES = 50, 5000
_AT_ONCE = 500


def settle(connection: Connection, most: int) -> int:
    """Put up to `most` calls that have ended into the index, and give them their keys to sort by; return how many."""
    call = tables.calls.c
    columns = (call.user, call.id, call.started, call.name, call.number, call.e164, call.searchable)
    wanted = (call.fresh, call.ended.is_not(None), call.deleted.is_(None), _can_be_numbered())
    rows = connection.execute(select(*columns).where(*wanted).limit(most)).all()
    if not rows:
        return 0
    settled = (
        update(tables.calls)
        .where(call.user == bindparam("of_user"), call.id == bindparam("of_id"))
        .values(fresh=False, by_name=bindparam("name_key"), by_number=bindparam("number_key"))
    )
    connection.execute(
        settled,
        [
            {"of_user": row.user, "of_id": row.id, "name_key": name_key(row.name), "number_key": number_key(row)}
            for row in rows
        ],
    )
    renew(connection, {(row.user, row.started) for row in rows})
    return len(rows)


def name_key(name: str) -> str:
    """Return what a call is sorted by where names are."""
    return name.casefold()


def number_key(row: Any) -> str:
    """Return what a call is sorted by where numbers are: E.164, or what stands there for a number."""
    return str(row.e164 or row.number)


def renew(connection: Connection, calls: Collection[tuple[str, Any]]) -> None:
    """Make the documents anew of users' calls of certain times."""
    if connection.dialect.name != "sqlite" or not calls:
        return
    numbers = {_number(user, started) for user, started in calls}
    started = {_bits(user): set[Any]() for user, _ in calls}
    for user, at in calls:
        started[_bits(user)].add(at)
    connection.execute(delete(_WORDS).where(_WORDS.c.rowid == bindparam("of")), [{"of": number} for number in numbers])
    words: dict[int, list[str]] = {}
    for user in tuple(all_users(connection)):
        for at, text in _texts(connection, user, sorted(started.get(_bits(user), ()))):
            words.setdefault(_number(user, at), []).append(text)
    if words:
        documents = [{"rowid": number, "words": "\n".join(texts).casefold()} for number, texts in words.items()]
        connection.execute(insert(_WORDS), documents)


def _texts(connection: Connection, user: str, started: list[Any]) -> Iterator[tuple[Any, str]]:
    """Yield the time and the words of each settled call of a user that began at one of these times."""
    call, note = tables.calls.c, tables.notes.c
    mark = _mark(user)
    for start in range(0, len(started), _AT_ONCE):
        there = (call.user == user, call.started.in_(started[start : start + _AT_ONCE]), call.deleted.is_(None))
        rows = connection.execute(select(call.id, call.started, call.searchable).where(*there, ~call.fresh)).all()
        noted: dict[str, list[str]] = {}
        of_these = (note.user == user, note.call.in_([row.id for row in rows]))
        for call_id, text in connection.execute(select(note.call, note.text).where(*of_these)):
            noted.setdefault(call_id, []).append(text)
        for row in rows:
            yield row.started, "\n".join((mark, row.searchable, *noted.get(row.id, ())))


def all_users(connection: Connection) -> Iterator[str]:
    """Yield everybody who has calls, without looking at all of them."""
    call, user = tables.calls.c, ""
    following = select(call.user).order_by(call.user).limit(1)
    found = connection.execute(following).scalar()
    while found is not None:
        user = found
        yield user
        found = connection.execute(following.where(call.user > user)).scalar()


def can_find(connection: Connection, text: str) -> bool:
    """Tell whether the index knows which calls hold a text; it does not where that is too short."""
    return connection.dialect.name == "sqlite" and len(text) >= _GRAM


def candidates(
    connection: Connection, user: str, texts: Collection[str], between: tuple[Any, Any], *, oldest_first: bool
) -> Iterator[list[Any]]:
    """Yield the times, some at once, of settled calls of a user that may hold one of the texts.

    `between` are the first time and the one that comes after the last, None without a bound.
    """
    any_text = " OR ".join(_all_of(tables.storable(text)) for text in texts)
    match = f'"{_mark(user)}" AND ({any_text})' if _has_others(connection, user) else any_text
    first, last = between
    bounds = [
        0 if first is None else _number("", first),
        _LATEST << _USER_BITS if last is None else _number("", last),
    ]
    order = "ASC" if oldest_first else "DESC"
    most = _FIRST_BATCH
    while True:
        found = connection.exec_driver_sql(
            "SELECT rowid FROM call_words WHERE call_words MATCH ? AND rowid >= ? AND rowid < ?"  # noqa: S608
            f" ORDER BY rowid {order} LIMIT ?",
            (match, *bounds, most),
        )
        numbers = found.scalars().all()
        if numbers:
            yield [_time(number) for number in numbers]
        if len(numbers) < most:
            return
        bounds = [numbers[-1] + 1, bounds[1]] if oldest_first else [bounds[0], numbers[-1]]
        most = _NEXT_BATCHES


def _has_others(connection: Connection, user: str) -> bool:
    """Tell whether there are calls of others; without, a mark that is everywhere would be looked up for nothing."""
    return any(each != user for each in all_users(connection))


def _can_be_numbered() -> Any:
    return tables.calls.c.started.between(tables.EPOCH, tables.EPOCH + (_LATEST - 1) * tables.MICROSECOND)


def _number(user: str, started: Any) -> int:
    """Return the number of the document of a user's calls of a time."""
    at = (started - tables.EPOCH) // tables.MICROSECOND
    number: int = min(max(at, 0), _LATEST) << _USER_BITS
    return number | (_bits(user) if user else 0)


def _time(number: int) -> Any:
    return tables.EPOCH + (number >> _USER_BITS) * tables.MICROSECOND


def _digest(user: str) -> int:
    return int.from_bytes(hashlib.blake2b(user.encode("utf-8", "surrogatepass"), digest_size=6).digest())


def _bits(user: str) -> int:
    """Return what tells the calls of two users apart that began at the same time."""
    return _digest(user) & ((1 << _USER_BITS) - 1)


def _mark(user: str) -> str:
    """Return three characters of nobody's language that stand for a user."""
    digest = _digest(user) >> _USER_BITS
    return "".join(chr(_PRIVATE + (digest >> shift & 0xFFF)) for shift in (0, 12, 24))


def _all_of(text: str) -> str:
    """Return the query for documents with trigrams of a text, those from all over it."""
    told = text[-_LOCAL:] if text.lstrip("+").isdecimal() else text
    starts = range(len(told) - _GRAM + 1)
    step = -(-len(starts) // _MOST_GRAMS)
    grams = dict.fromkeys(told[start : start + _GRAM].replace('"', '""') for start in starts[::step])
    return "(" + " AND ".join(f'"{gram}"' for gram in grams) + ")"
