"""The outbox of the journals: which calls are to be posted where, how often that was tried, and what came of it.

A call is put in when its end is written, in the same transaction: whatever stops the hub, it is not forgotten.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, select, update

from hub.store import tables
from hub.store.upsert import insert_if_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.core.call import Call

_post = tables.posts.c


class PostState(StrEnum):
    """How a call stands with a journal: to be posted (again), accepted, or refused and left to a person."""

    WAITING = "waiting"
    POSTED = "posted"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One call that is to be posted to one journal, or was. Times are aware UTC.

    `key` is its idempotency key, the same each time. `body` is what was sent, None before the first time; `due` is when
    it may be sent next, `tried` when it was last, `reason` why it was not accepted then.
    """

    user: str
    journal: str
    call: str
    key: str
    state: PostState
    ended: datetime
    due: datetime
    attempts: int = 0
    tried: datetime | None = None
    reason: str = ""
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """How many calls of a user a journal has had, is to have, and has refused; `due` is when the next is sent."""

    waiting: int = 0
    posted: int = 0
    set_aside: int = 0
    due: datetime | None = None


def enqueue(connection: Connection, calls: Iterable[Call], journals: Callable[[Call], Iterable[str]]) -> None:
    """Put the calls among these that have ended in for their journals; one that was put in before stays as it is."""
    rows = [
        {
            "user": call.user,
            "journal": journal,
            "call": call.id,
            "key": str(uuid.uuid4()),
            "state": PostState.WAITING.value,
            "ended": call.ended,
            "due": call.ended,
            "attempts": 0,
            "tried": None,
            "reason": "",
            "body": None,
        }
        for call in calls
        if call.ended is not None
        for journal in journals(call)
    ]
    insert_if_new(connection, tables.posts, rows)


def read(
    connection: Connection, user: str, *, journal: str = "", state: PostState | None = None, limit: int = 200
) -> list[Post]:
    """Return a user's posts, those of the latest calls first."""
    wanted = [_post.user == user]
    if journal:
        wanted.append(_post.journal == journal)
    if state is not None:
        wanted.append(_post.state == state.value)
    found = select(tables.posts).where(*wanted).order_by(_post.ended.desc(), _post.call.desc()).limit(limit)
    return [_made(row) for row in connection.execute(found).mappings()]


def read_next(connection: Connection, user: str, journal: str) -> Post | None:
    """Return what is to be posted next, which may be due in the future; None if nothing waits."""
    order = (_post.due, _post.ended, _post.call)
    found = select(tables.posts).where(_of(user, journal, PostState.WAITING)).order_by(*order).limit(1)
    row = connection.execute(found).mappings().first()
    return None if row is None else _made(row)


def read_state(connection: Connection, user: str, journal: str) -> JournalState:
    """Return how a journal of a user stands."""
    by_state = select(_post.state, func.count()).where(_of(user, journal)).group_by(_post.state)
    counts: dict[str, int] = {state: count for state, count in connection.execute(by_state)}  # noqa: C416  typed rows
    following = read_next(connection, user, journal)
    return JournalState(**counts, due=following.due if following else None)


def change(connection: Connection, post: Post, **changed: Any) -> None:
    """Write what is new of a post."""
    connection.execute(update(tables.posts).where(_is(post)).values(**changed))


def postpone(connection: Connection, user: str, journal: str, until: datetime) -> None:
    """Let nothing be posted to a journal before a time."""
    waiting = and_(_of(user, journal, PostState.WAITING), _post.due < until)
    connection.execute(update(tables.posts).where(waiting).values(due=until))


def drop(connection: Connection, post: Post) -> None:
    """Take a post out, since its call is not there any more."""
    connection.execute(delete(tables.posts).where(_is(post)))


def post_again(connection: Connection, user: str, journal: str, call: str, now: datetime) -> int:
    """Let what was set aside be posted once more, made anew (empty: any journal, any call); return how many."""
    wanted = [_post.user == user, _post.state == PostState.SET_ASIDE.value]
    if journal:
        wanted.append(_post.journal == journal)
    if call:
        wanted.append(_post.call == call)
    again = update(tables.posts).where(*wanted).values(state=PostState.WAITING.value, due=now, body=None)
    return connection.execute(again).rowcount


def delete_of_calls(connection: Connection, user: str, calls: list[str]) -> None:
    """Take out what is about calls that are deleted."""
    if calls:
        connection.execute(delete(tables.posts).where(_post.user == user, _post.call.in_(calls)))


def _of(user: str, journal: str, state: PostState | None = None) -> ColumnElement[bool]:
    of = and_(_post.user == user, _post.journal == journal)
    return of if state is None else and_(of, _post.state == state.value)


def _is(post: Post) -> ColumnElement[bool]:
    return and_(_of(post.user, post.journal), _post.call == post.call)


def _made(row: Any) -> Post:
    return Post(**{**row, "state": PostState(row["state"])})
