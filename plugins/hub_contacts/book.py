from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from hub import DialPlan
from hub_contacts import rows
from hub_contacts.importing.imports import Imports
from hub_contacts.keys import keys_of
from hub_contacts.listing import Listed
from hub_contacts.managed import Managed
from hub_contacts.sources.sources import Sources
from hub_contacts.told import ContactsChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from sqlalchemy import Connection

    from hub import Context
    from hub_contacts.contact import Contact
    from hub_contacts.query import Query
    from hub_contacts.sources.settings import SourceTable
    from hub_contacts.stored import Stored

_GATHERED = 0.25
"""Seconds between two events that tell of changes: many changes are told at once."""


class Book:
    """The contacts of one user. Every change is told as an event, with ids alone; `most_told` of them at once."""

    def __init__(
        self, context: Context, sources: Mapping[str, SourceTable] | None = None, most_told: int = 100
    ) -> None:
        self._context = context
        self._user = context.user
        self._most_told = most_told
        self._untold: dict[str, None] = {}
        self._telling: asyncio.Task[None] | None = None
        self._editing = asyncio.Lock()
        unshared = frozenset(name for name, table in (sources or {}).items() if not table.share)
        self.listed = Listed(context, self._plan, unshared)
        self.imports = Imports(context, self._plan, self._imported)
        self.sources = Sources(context, self, sources or {})
        self.managed = Managed(context, self)

    @property
    def folder(self) -> Path:
        """Where files may be put for a while."""
        return self._context.folder

    def open(self) -> None:
        """Begin."""
        self.listed.open()
        self.imports.open()
        self.sources.open()
        self.managed.look()

    def close(self) -> None:
        """End."""
        self.imports.close()
        self.sources.close()

    async def get(self, contact_id: str) -> Stored | None:
        """Return a contact with its photo; None if there is none of that id."""
        return await self._context.database.read(partial(rows.read_one, user=self._user, contact_id=contact_id))

    async def page(self, query: Query) -> tuple[int, list[Stored]]:
        """Return how many contacts there are on all pages, and those of one, without their photos."""
        return await self._context.database.read(partial(rows.read_page, user=self._user, query=query))

    async def written(self, query: Query, write: Callable[[Iterable[Contact], BinaryIO], int]) -> tuple[BinaryIO, int]:
        """Have all contacts of a query, on whatever page, written to a file; return it from its start, and their count.

        Whoever asked closes it.
        """
        file = TemporaryFile(dir=self._context.folder)  # noqa: SIM115  it is handed on
        try:
            count = await self._context.database.read(
                partial(_write, user=self._user, query=query, write=write, file=file)
            )
        except BaseException:
            file.close()
            raise
        return file, count

    async def of_source(self, source: str) -> list[Stored]:
        """Return all contacts of a source, without their photos."""
        return await self._context.database.read(partial(rows.read_source, user=self._user, source=source))

    async def put(
        self, stored: Iterable[Stored], also: Callable[[Connection, Sequence[Stored]], None] | None = None
    ) -> list[Stored]:
        """Write contacts, new ones or in place of those of the same ids; return them as they are kept.

        The keys of their numbers are made here. More than a few hundred are written in several transactions, and what
        `also` writes beside each of them belongs to it.
        """
        given = list(stored)
        now = self._context.clock.now().timestamp()
        kept = await asyncio.to_thread(_with_keys, given, self._plan(), now)
        for part in rows.in_parts(kept):
            await self._context.database.run(partial(_put, user=self._user, stored=part, also=also))
            self.listed.put(part)
            self._tell(each.id for each in part)
        return kept

    async def edit(
        self,
        contact_id: str,
        change: Callable[[Stored], Stored],
        also: Callable[[Connection, Sequence[Stored]], None] | None = None,
    ) -> Stored | None:
        """Put what `change` makes of a contact in its place, with nobody between; None if there is none of that id.

        What `change` raises is raised here, and nothing is written. `also` is as in `put`.
        """
        async with self._editing:
            stored = await self.get(contact_id)
            if stored is None:
                return None
            (kept,) = await self.put([change(stored)], also)
            return kept

    async def delete(self, ids: Iterable[str]) -> list[str]:
        """Delete contacts; return the ids of those that there were."""
        wanted = list(ids)
        gone: list[str] = []
        for start in range(0, len(wanted), rows.AT_ONCE):
            part = wanted[start : start + rows.AT_ONCE]
            removed = await self._context.database.run(partial(rows.remove, user=self._user, ids=part))
            self.listed.remove(removed)
            gone += removed
        self._tell(gone)
        return gone

    async def delete_all(self, source: str | None = None) -> int:
        """Delete all contacts of a source, or all that there are and are being imported; return how many they were."""
        if source is None:
            await self.imports.stop()
            await self.sources.switch_off()
        count = 0
        while part := await self._context.database.run(partial(rows.remove_some, user=self._user, source=source)):
            count += len(part)
            self.listed.remove(part)
            self._tell(part)
        return count

    async def view(self) -> str:
        """Return the chosen view, as it was given; empty if none was."""
        return await self._context.database.read(partial(rows.read_view, user=self._user))

    async def choose_view(self, view: str) -> None:
        """Keep the chosen view."""
        await self._context.database.run(partial(rows.write_view, user=self._user, view=view))

    def _plan(self) -> DialPlan:
        try:
            return self._context.phone.plan
        except LookupError:  # a user without a phone
            return DialPlan()

    def _tell(self, ids: Iterable[str]) -> None:
        self._untold |= dict.fromkeys(ids)
        self.sources.look()
        if self._untold and (self._telling is None or self._telling.done()):
            self._telling = self._context.spawn(self._tell_all(), "telling of contacts")

    def _imported(self, batch: int) -> None:
        self.listed.imported(batch)
        self._context.emit(ContactsChanged, ids=())

    async def _tell_all(self) -> None:
        while self._untold:
            ids, self._untold = tuple(self._untold), {}
            self._context.emit(ContactsChanged, ids=ids if len(ids) <= self._most_told else ())
            await self._context.clock.sleep(_GATHERED)


def _write(
    connection: Connection,
    user: str,
    query: Query,
    write: Callable[[Iterable[Contact], BinaryIO], int],
    file: BinaryIO,
) -> int:
    count = write((stored.contact for stored in rows.read_all(connection, user, query)), file)
    file.seek(0)
    return count


def _put(
    connection: Connection,
    user: str,
    stored: Sequence[Stored],
    also: Callable[[Connection, Sequence[Stored]], None] | None,
) -> None:
    rows.write(connection, user, stored)
    if also is not None:
        also(connection, stored)


def _with_keys(stored: list[Stored], plan: DialPlan, now: float) -> list[Stored]:
    return [replace(each, keys=keys_of(each.contact, plan), changed=now) for each in stored]
