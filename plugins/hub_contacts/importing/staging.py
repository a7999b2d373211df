"""The rows of an import: written beside what is there, seen by nobody until the import is done.

Each function is the work of one short transaction, since call history waits for the same writer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from sqlalchemy import delete, insert, or_, select, update

from hub import directory_key
from hub_contacts.importing.duplicates import Duplicates, joined
from hub_contacts.rows import AT_ONCE, insert_rows, read_rows, remove_rows
from hub_contacts.stored import Stored, hash_of, samenesses
from hub_contacts.tables import contacts, pending, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from hub import DialPlan


@dataclass(slots=True)
class Counts:
    """What has become of the contacts of a file."""

    added: int = 0
    merged: int = 0
    skipped: int = 0

    def __iadd__(self, other: Counts) -> Self:
        self.added += other.added
        self.merged += other.merged
        self.skipped += other.skipped
        return self


@dataclass(slots=True)
class _Known:
    """A contact that is there: in a row, one of this import or of before, or among those that are being staged."""

    stored: Stored
    row: int = 0
    is_staged: bool = False
    place: int = -1


def begin(connection: Connection, user: str) -> int:
    """Open an import; return its batch."""
    (batch,) = connection.execute(insert(pending).returning(pending.c.batch), {"user": user}).one()
    return int(batch)


def stage(
    connection: Connection, user: str, batch: int, chunk: Sequence[Stored], duplicates: Duplicates, plan: DialPlan
) -> Counts:
    """Write contacts for nobody to see yet; a known one is skipped, joined with or kept."""
    staging = _Staging(connection, user, batch, duplicates, plan)
    if duplicates is not Duplicates.KEEP:
        staging.look_up(chunk)
    for each in chunk:
        staging.take(each)
    staging.write()
    return staging.counts


def switch(connection: Connection, batch: int) -> None:
    """Let everybody see what was staged, and no longer what it takes the place of."""
    connection.execute(delete(pending).where(pending.c.batch == batch))


def discard_some(connection: Connection, batch: int) -> bool:
    """Undo a part of an import that is not to be; returns whether there may be more."""
    rows = list(connection.execute(select(contacts.c.row).where(contacts.c.batch == batch).limit(AT_ONCE)).scalars())
    remove_rows(connection, rows)
    kept = list(connection.execute(select(contacts.c.row).where(contacts.c.gone == batch).limit(AT_ONCE)).scalars())
    if kept:
        connection.execute(update(contacts).where(contacts.c.row.in_(kept)).values(gone=0))
    if rows or kept:
        return True
    connection.execute(delete(pending).where(pending.c.batch == batch))
    return False


def sweep_some(connection: Connection, user: str) -> bool:
    """Delete a part of what an import took the place of; returns whether there may be more."""
    found = select(contacts.c.row).where(
        contacts.c.user == user, contacts.c.gone != 0, contacts.c.gone.not_in(select(pending.c.batch))
    )
    rows = list(connection.execute(found.limit(AT_ONCE)).scalars())
    remove_rows(connection, rows)
    return bool(rows)


def left_behind(connection: Connection, user: str) -> list[int]:
    """Return the batches of imports that were never ended."""
    return list(connection.execute(select(pending.c.batch).where(pending.c.user == user)).scalars())


class _Staging:
    def __init__(self, connection: Connection, user: str, batch: int, duplicates: Duplicates, plan: DialPlan) -> None:
        self.counts = Counts()
        self._connection = connection
        self._user = user
        self._batch = batch
        self._duplicates = duplicates
        self._plan = plan
        self._known: dict[str, _Known] = {}
        self._new: list[Stored] = []
        self._replaced: set[int] = set()
        self._dropped: set[int] = set()

    def look_up(self, chunk: Sequence[Stored]) -> None:
        """Find those that may be the same as one of the chunk; a hash may be that of others."""
        hashes = {hash_of(self._user, each) for stored in chunk for each in samenesses(stored.contact, stored.keys)}
        wanted = list(hashes)
        rows: set[int] = set()
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            rows |= set(self._connection.execute(select(same.c.row).where(same.c.hash.in_(part))).scalars())
        under_way = select(pending.c.batch)
        there = (
            contacts.c.user == self._user,
            contacts.c.gone == 0,
            or_(contacts.c.batch == self._batch, contacts.c.batch.not_in(under_way)),
        )
        for row, batch, stored in read_rows(self._connection, sorted(rows), *there):
            known = _Known(stored, row, is_staged=batch == self._batch)
            for each in samenesses(stored.contact, stored.keys):
                self._known.setdefault(each, known)

    def take(self, stored: Stored) -> None:
        """Add a contact, or do with it what is to be done with those that are known."""
        sames = samenesses(stored.contact, stored.keys)
        known = next((self._known[each] for each in sorted(sames) if each in self._known), None)
        if known is None or self._duplicates is Duplicates.KEEP:
            self._remember(_Known(stored, place=len(self._new)))
            self._new.append(stored)
            self.counts.added += 1
            return
        if self._duplicates is Duplicates.SKIP:
            self.counts.skipped += 1
            return
        contact = joined(known.stored.contact, stored.contact, lambda text: directory_key(self._plan.number(text)))
        if contact == known.stored.contact:
            self.counts.skipped += 1
            return
        keys = tuple(dict.fromkeys((*known.stored.keys, *stored.keys)))
        known.stored = replace(known.stored, contact=contact, keys=keys, changed=stored.changed)
        self.counts.merged += 1
        if known.place >= 0:
            self._new[known.place] = known.stored
        else:
            (self._dropped if known.is_staged else self._replaced).add(known.row)
            known.place = len(self._new)
            self._new.append(known.stored)
        self._remember(known)

    def write(self) -> None:
        """Write what came of the chunk."""
        remove_rows(self._connection, sorted(self._dropped))
        if self._replaced:
            self._connection.execute(
                update(contacts).where(contacts.c.row.in_(self._replaced)).values(gone=self._batch)
            )
        insert_rows(self._connection, self._user, self._new, self._batch)

    def _remember(self, known: _Known) -> None:
        if self._duplicates is not Duplicates.KEEP:
            for each in samenesses(known.stored.contact, known.stored.keys):
                self._known[each] = known
