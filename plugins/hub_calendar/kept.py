"""What the plugin remembers of a user; each function runs on the store's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from hub import Presence
from hub_calendar.tables import chosen, dnd

if TYPE_CHECKING:
    from sqlalchemy import Connection


def read(connection: Connection, *, user: str) -> tuple[dict[str, Presence], bool]:
    """Return the presences that were chosen, by appointment or series, and whether do-not-disturb is ours."""
    rows = connection.execute(select(chosen.c.id, chosen.c.presence).where(chosen.c.user == user))
    known = set(Presence)
    is_ours = connection.execute(select(dnd.c.user).where(dnd.c.user == user)).first() is not None
    return {row.id: Presence(row.presence) for row in rows if row.presence in known}, is_ours


def choose(connection: Connection, *, user: str, id: str, presence: Presence | None) -> None:  # noqa: A002
    """Remember a presence for an appointment or a series; forget it if None."""
    connection.execute(delete(chosen).where(chosen.c.user == user, chosen.c.id == id))
    if presence is not None:
        connection.execute(insert(chosen).values(user=user, id=id, presence=presence.value))


def own_dnd(connection: Connection, *, user: str, is_ours: bool) -> None:
    """Remember whether do-not-disturb is ours to switch off again."""
    connection.execute(delete(dnd).where(dnd.c.user == user))
    if is_ours:
        connection.execute(insert(dnd).values(user=user))


def forget(connection: Connection, *, user: str) -> None:
    """Forget all that was chosen."""
    connection.execute(delete(chosen).where(chosen.c.user == user))
