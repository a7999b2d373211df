"""Watches the session, and says what it makes of the user's presence."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hub import Event, Presence, PresenceCause
from hub_idle.sight import CannotSee, Screen, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub import Context
    from hub_idle.settings import Settings

AGAIN_AFTER = 60.0
"""Seconds after which it is tried again to look at a session that could not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(Event):
    """The computer that the user sits at was left alone, locked, or is used again."""

    type: ClassVar[str] = "idle_session"

    state: State
    before: State


def own_screen() -> Screen:
    """Return what looks at the session on this system; raises `CannotSee`."""
    if sys.platform == "win32":
        from hub_idle.windows import Windows

        return Windows()
    if sys.platform == "darwin":
        from hub_idle.mac import Mac

        return Mac()
    try:
        from hub_idle.logind import Logind
    except ImportError:
        raise CannotSee('a library is missing: pip install "phonehub[idle]"') from None
    return Logind()


class Watch:
    """Watches for one user."""

    def __init__(self, context: Context, screen: Callable[[], Screen] = own_screen) -> None:
        self._context = context
        self._settings: Settings = context.config
        self._screen = screen
        self._state = State.ACTIVE
        self._told = ""

    async def run(self) -> None:
        """Watch until cancelled; a session that cannot be seen is tried again."""
        while True:
            try:
                await self._follow(self._screen())
            except CannotSee as error:
                if str(error) != self._told:
                    self._told = str(error)
                    self._context.log.warning("idle and lock of %s cannot be seen: %s", self._context.user, error)
            self._becomes(State.ACTIVE)  # what cannot be seen is no reason to be away
            await self._context.clock.sleep(AGAIN_AFTER)

    async def _follow(self, screen: Screen) -> None:
        try:
            await screen.open()
            while True:
                screen.stirred.clear()
                self._becomes((await screen.look()).state(self._settings.idle_minutes * 60))
                self._told = ""
                await self._until(screen)
        finally:
            await screen.close()

    async def _until(self, screen: Screen) -> None:
        """Return when something stirs, or it is time to look again."""
        both = {
            asyncio.ensure_future(screen.stirred.wait()),
            asyncio.ensure_future(self._context.clock.sleep(self._settings.look_every)),
        }
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()

    def _becomes(self, state: State) -> None:
        before, self._state = self._state, state
        if state is before:
            return
        self._wants(State.LOCKED, PresenceCause.LOCKED, self._settings.when_locked)
        self._wants(State.IDLE, PresenceCause.IDLE, self._settings.when_idle)
        self._context.emit(SessionChanged, state=state, before=before)

    def _wants(self, state: State, cause: PresenceCause, wanted: str) -> None:
        if self._state is state and wanted != "leave":
            self._context.presence.wish(source=state, presence=Presence(wanted), cause=cause)
        else:
            self._context.presence.release(source=state)
