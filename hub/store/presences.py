"""What is remembered of each user's presence, and the log of its changes, with those of availability and DND."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from hub.core.presence import Presence
from hub.core.presence.wishes import Manual, PresenceCause, Wish
from hub.presence.standing import Kept
from hub.store import tables
from hub.store.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """One change of a user's presence, availability or DND: `kind` says which, `source` by whom, `reason` why."""

    at: datetime
    user: str
    kind: str
    before: str
    now: str
    source: str
    reason: str


def write(connection: Connection, user: str, kept: Kept) -> None:
    """Remember this of a user."""
    manual = kept.manual
    row = {
        "user": user,
        "manual": manual.presence.value if manual else None,
        "manual_at": manual.at if manual else None,
        "shown": kept.shown.value if kept.shown else None,
        "asked": kept.asked.value if kept.asked else None,
        "wishes": json.dumps([_plain(wish) for wish in kept.wishes]),
    }
    insert_or_replace(connection, tables.presences, [row])


def read(connection: Connection, user: str) -> Kept:
    """Return what is remembered of a user."""
    row = connection.execute(select(tables.presences).where(tables.presences.c.user == user)).mappings().first()
    if row is None:
        return Kept()
    return Kept(
        manual=Manual(Presence(row["manual"]), row["manual_at"]) if row["manual"] else None,
        shown=Presence(row["shown"]) if row["shown"] else None,
        asked=Presence(row["asked"]) if row["asked"] else None,
        wishes=tuple(map(_wish, json.loads(row["wishes"]))),
    )


def add_changes(connection: Connection, changes: Iterable[LoggedChange], forget_before: datetime) -> None:
    """Log changes, and forget the older ones."""
    log = tables.presence_log
    rows = [{name: getattr(change, name) for name in LoggedChange.__dataclass_fields__} for change in changes]
    if rows:
        connection.execute(insert(log), rows)
    connection.execute(delete(log).where(log.c.at < forget_before))


def read_changes(
    connection: Connection, user: str, *, since: datetime, kind: str = "", limit: int = 200
) -> list[LoggedChange]:
    """Return a user's changes, the newest first."""
    log = tables.presence_log.c
    wanted = [log.user == user, log.at >= since, *([log.kind == kind] if kind else [])]
    columns = [log[name] for name in LoggedChange.__dataclass_fields__]
    found = select(*columns).where(*wanted).order_by(log.at.desc(), log.id.desc()).limit(limit)
    return [LoggedChange(**row) for row in connection.execute(found).mappings()]


def _plain(wish: Wish) -> dict[str, Any]:
    return {
        "source": wish.source,
        "cause": wish.cause,
        "presence": wish.presence,
        "since": wish.since.isoformat(),
        "until": wish.until.isoformat() if wish.until else None,
        "teller": wish.teller,
        "reason": wish.reason,
    }


def _wish(told: dict[str, Any]) -> Wish:

    return Wish(
        source=told["source"],
        cause=PresenceCause(told["cause"]),
        presence=Presence(told["presence"]),
        since=datetime.fromisoformat(told["since"]),
        until=datetime.fromisoformat(told["until"]) if told["until"] else None,
        teller=told["teller"],
        reason=told["reason"],
    )
