"""The action history (RULE-12) and the claims that let each action run once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from hub.rules.record import ActionRecord
from hub.store import tables
from hub.store.upsert import insert_and_tell_new, insert_if_new

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

_FIELDS = tuple(field.name for field in dataclasses.fields(ActionRecord))


def write_actions(connection: Connection, records: Iterable[ActionRecord]) -> None:
    """Write records; one that was written already is not written again."""
    insert_if_new(connection, tables.actions, [{name: getattr(record, name) for name in _FIELDS} for record in records])


def read_actions(
    connection: Connection,
    user: str,
    *,
    since: datetime | None = None,
    rule: str = "",
    call: str = "",
    limit: int = 200,
) -> list[ActionRecord]:
    """Return what the rules of a user did, newest first; `rule` is a rule's id, or its file's name."""
    action = tables.actions.c
    wanted = [action.user == user]
    if since is not None:
        wanted.append(action.started >= since)
    if rule:
        wanted.append(or_(action.rule == rule, action.rule.endswith(f"/{rule}", autoescape=True)))
    if call:
        wanted.append(action.call == call)
    columns = [action[name] for name in _FIELDS]
    found = select(*columns).where(*wanted).order_by(action.started.desc(), action.id.desc()).limit(limit)
    return [ActionRecord(**row) for row in connection.execute(found).mappings()]


def claim(connection: Connection, keys: Iterable[str], at: datetime) -> frozenset[str]:
    """Claim keys, none twice among them; return those that nobody ever claimed before."""
    stored = {tables.storable(key): key for key in keys}
    new = insert_and_tell_new(connection, tables.claims, [{"key": key, "at": at} for key in stored], "key")
    return frozenset(stored[key] for key in new)


def prune(connection: Connection, actions_before: datetime, claims_before: datetime) -> None:
    """Delete what is older."""
    connection.execute(delete(tables.actions).where(tables.actions.c.started < actions_before))
    connection.execute(delete(tables.claims).where(tables.claims.c.at < claims_before))
