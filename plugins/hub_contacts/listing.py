"""What callers are looked up in: the user's contacts, listed in the hub's directory in memory."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from hub import Contact, Listing
from hub_contacts import listed_rows
from hub_contacts.keys import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from hub import Context, DialPlan
    from hub_contacts.listed_rows import ListedRow
    from hub_contacts.stored import Stored


class Listed:
    """Keeps a user's part of the directory as the database is; `plan` is the user's dial plan.

    What comes from sources that are `unshared` is not looked up.
    """

    def __init__(self, context: Context, plan: Callable[[], DialPlan], unshared: frozenset[str] = frozenset()) -> None:
        self._context = context
        self._plan = plan
        self._unshared = unshared

    def open(self) -> None:
        """List all that there are; where the dial plan has changed, their numbers are read anew."""
        self._context.spawn(self._open(), "listing contacts")

    def put(self, stored: Iterable[Stored]) -> None:
        """List what was just written."""
        shared = [each for each in stored if each.contact.source not in self._unshared]
        self._context.directory.put(map(_of_stored, shared))

    def remove(self, ids: Iterable[str]) -> None:
        """List them no more."""
        self._context.directory.remove(ids)

    def imported(self, batch: int) -> None:
        """List what came with an import."""
        self._context.spawn(self._put_batch(batch), "listing what was imported")

    async def used(self, ids: Iterable[str], at: float) -> None:
        """Note that contacts were spoken with: of several with one number, who was last comes first."""
        touch = partial(listed_rows.touch, user=self._context.user, ids=list(ids), at=at)
        self._context.directory.put(self._shared(await self._context.database.run(touch)))

    async def _open(self) -> None:
        user, database, plan = self._context.user, self._context.database, self._plan()
        await database.read(self._load)
        now = fingerprint(plan)
        if await database.read(partial(listed_rows.read_plan, user=user)) == now:
            return
        row: int | None = 0
        while row is not None:
            row, renewed = await database.run(partial(listed_rows.renew, user=user, after=row, plan=plan))
            self._context.directory.put(self._shared(renewed))
            await asyncio.sleep(0)
        await database.run(partial(listed_rows.write_plan, user=user, plan=now))

    def _shared(self, found: Iterable[ListedRow]) -> Iterator[Listing]:
        return (_of_row(row) for row in found if row.source not in self._unshared)

    def _load(self, connection: Connection) -> None:
        self._context.directory.load(self._shared(listed_rows.read_all(connection, self._context.user)))

    async def _put_batch(self, batch: int) -> None:
        user, database = self._context.user, self._context.database
        found: list[ListedRow] = []
        while True:
            # by the one who writes: so what somebody writes meanwhile is listed after it, and stays
            after = found[-1].row if found else 0
            found = await database.run(partial(listed_rows.read_batch, user=user, batch=batch, after=after))
            if not found:
                return
            self._context.directory.put(self._shared(found))


def _of_row(row: ListedRow) -> Listing:
    groups = tuple(row.groups.split("\n")[1:-1])
    contact = Contact(
        id=row.id, name=row.name, company=row.company, source=row.source, groups=groups, favourite=row.favourite
    )
    return Listing(contact, tuple(row.keys.split()), row.recent)


def _of_stored(stored: Stored) -> Listing:
    it = stored.contact
    contact = Contact(
        id=stored.id, name=it.name, company=it.company, source=it.source, groups=it.groups, favourite=it.favourite
    )
    return Listing(contact, stored.keys, stored.recent)
