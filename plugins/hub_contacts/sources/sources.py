"""All sources of one user."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from hub import SourceRefused
from hub_contacts.sources import links
from hub_contacts.sources.account import Account
from hub_contacts.sources.links import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub import Context
    from hub_contacts.book import Book
    from hub_contacts.sources.settings import SourceTable


class Sources:
    """The sources that are configured for a user, each with a worker of its own."""

    def __init__(self, context: Context, book: Book, tables: Mapping[str, SourceTable]) -> None:
        self.accounts: dict[str, Account] = {}
        self._context = context
        self._book = book
        self._tables = tables
        self._beginning: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin: what is no longer configured goes, the others are refreshed."""
        self._beginning = self._context.spawn(self._begin(), "contacts sources")

    def close(self) -> None:
        """End; the context ends the workers."""
        self.accounts.clear()

    async def begun(self) -> None:
        """Return when all of them are known."""
        if self._beginning is not None:
            await asyncio.wait([self._beginning])

    async def check_writable(self, name: str) -> None:
        """Raise `SourceRefused` unless a contact can be added to the source of that name."""
        await self.begun()
        account = self.accounts.get(name)
        if account is None:
            raise SourceRefused.of(f"you have no source {name}", '"phonehub contacts sources list" shows yours')
        if not (account.is_enabled and account.writable):
            raise SourceRefused.of(f"source {name} is {'only read' if account.is_enabled else 'off'}", "choose another")

    async def switch_off(self) -> None:
        """Switch all of them off, so that what is deleted here stays there, and does not come back by itself."""
        await self.begun()
        for account in self.accounts.values():
            await account.switch(on=False)

    def look(self) -> None:
        """Have each look whether something of ours is to be brought there."""
        for account in self.accounts.values():
            account.look()

    async def _begin(self) -> None:
        database, user = self._context.database, self._context.user
        standings = await database.read(partial(links.read_standings, user=user))
        for name in standings.keys() - self._tables.keys():
            await self._book.delete_all(name)
            await database.run(partial(links.drop, user=user, source=name))
        for name, table in self._tables.items():
            count = await database.read(partial(links.count_contacts, user=user, source=name))
            account = Account(name, table, standings.get(name, Standing()), count, self._book, self._context)
            if (
                count and not account.is_enabled
            ):  # the hub was killed while it was switched off, or by the configuration
                await account.switch(on=False)
            self.accounts[name] = account
            account.start()
