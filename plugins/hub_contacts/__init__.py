"""Contacts: who people are, kept for each user, read from files and sources, and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import PhoneChanged, PhoneContactsChanged, hookimpl
from hub_contacts.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import MetaData

    from hub import ContactSourceKind, Context, End, Event
    from hub_contacts.book import Book

__all__ = ["Contacts"]


class Contacts:
    """The user's own contacts, and those that the phone system and other sources have."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.contacts]` may hold."""
        return Settings

    @hookimpl
    def register_contact_sources(self) -> Iterable[ContactSourceKind]:
        """Return the kinds that come with the plugin."""
        from hub_contacts.sources import carddav, ews, folder, graph

        return (folder.KIND, carddav.KIND, ews.KIND, graph.KIND)

    @hookimpl
    def register_tables(self) -> MetaData:
        """Return the tables."""
        from hub_contacts.tables import metadata

        return metadata

    @hookimpl
    def register_routes(self, context: Context) -> APIRouter:
        """Return the routes."""
        from hub_contacts.routes import routes

        return routes(self._books, context.config.administrators)

    @hookimpl
    async def start(self, context: Context) -> None:
        """Open the user's book."""
        from hub_contacts.book import Book

        book = self._books[context.user] = Book(context, context.config.sources)
        book.open()

    @hookimpl
    async def stop(self, context: Context) -> None:
        """Close the user's book."""
        if book := self._books.pop(context.user, None):
            book.close()

    @hookimpl
    async def on_end(self, event: End, context: Context) -> None:
        """Note with whom the user spoke, where that is certain."""
        book = self._books.get(context.user)
        if book and len(event.call.contacts) == 1 and event.call.answered is not None:
            await book.listed.used([event.call.contacts[0].id], event.at.timestamp())

    @hookimpl
    async def on_event(self, event: Event, context: Context) -> None:
        """Take over what the phone system tells of its contacts."""
        if isinstance(event, PhoneContactsChanged | PhoneChanged) and (book := self._books.get(context.user)):
            book.managed.look()

    @hookimpl
    async def on_wipe(self, context: Context) -> None:
        """Delete all contacts that are kept of the user."""
        if book := self._books.get(context.user):
            await book.delete_all()
