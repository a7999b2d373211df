"""Calendars: what the user's appointments say about where the user is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import hookimpl
from hub_calendar.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import MetaData

    from hub import Action, Condition, Context, DndChanged, Macro, Trigger
    from hub_calendar.agenda import Agenda

__all__ = ["Calendar"]


class Calendar:
    """The user's appointments, from files, subscriptions and servers."""

    def __init__(self) -> None:
        self._agendas: dict[str, Agenda] = {}

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.calendar]` may hold."""
        return Settings

    @hookimpl
    def register_tables(self) -> MetaData:
        """Return the tables."""
        from hub_calendar.tables import metadata

        return metadata

    @hookimpl
    def register_rule_parts(self) -> Iterable[Trigger | Condition | Action | Macro]:
        """Return what rules can say about appointments."""
        from hub_calendar.rule_parts import PARTS

        return PARTS

    @hookimpl
    def register_routes(self) -> APIRouter:
        """Return the routes."""
        from hub_calendar.routes import routes

        return routes(self._agendas)

    @hookimpl
    async def start(self, context: Context) -> None:
        """Open the user's calendars."""
        from hub_calendar.agenda import Agenda

        agenda = self._agendas[context.user] = Agenda(context, context.config)
        await agenda.open()

    @hookimpl
    async def on_stopping(self, context: Context) -> None:
        """Give do-not-disturb back while there is a phone."""
        if agenda := self._agendas.get(context.user):
            await agenda.close()

    @hookimpl
    async def stop(self, context: Context) -> None:
        """Close them."""
        self._agendas.pop(context.user, None)

    @hookimpl
    async def on_dnd(self, event: DndChanged, context: Context) -> None:
        """Leave do-not-disturb to the user who switched it."""
        if agenda := self._agendas.get(context.user):
            await agenda.told_dnd(event.on)

    @hookimpl
    async def on_wipe(self, context: Context) -> None:
        """Forget what the user chose."""
        if agenda := self._agendas.get(context.user):
            await agenda.forget()
