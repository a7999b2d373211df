"""Do-not-disturb during appointments (CAL-09): on with the first, off with the last, unless the user switched it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from hub import ConnectionLost, PhoneError, UserError
from hub_calendar import kept

if TYPE_CHECKING:
    from hub import Context

_WITHIN = 5.0
_RETRY = 30.0


class QuietTime:
    """Switches do-not-disturb of one user; `is_ours` tells whether it is on because of an appointment."""

    def __init__(self, context: Context, *, is_ours: bool) -> None:
        self.is_ours = is_ours
        self._context = context
        self._wanted: bool | None = None
        self._not_before = 0.0
        self._lock = asyncio.Lock()

    async def want(self, *, on: bool) -> None:
        """Take whether an appointment wants it; acts when that changes."""
        async with self._lock:
            if (
                on == self._wanted
                or self._context.phone.dnd is None
                or self._context.clock.monotonic() < self._not_before
            ):
                return
            if on and not self.is_ours and not self._context.phone.dnd:
                if not await self._own(is_ours=True):  # before it is on: after a crash it must not stay on
                    return
                if not await self._switch(on=True):
                    await self._own(is_ours=False)
                    return
            elif not on and self.is_ours:
                if self._context.phone.dnd and not await self._switch(on=False):
                    return
                if not await self._own(is_ours=False):
                    return
            self._wanted = on

    async def told(self, on: bool) -> None:  # noqa: FBT001  the word is in the name
        """Take that it was switched: off by the user in the middle of an appointment, it is the user's again."""
        if self.is_ours and not on and not self._lock.locked():
            async with self._lock:
                await self._own(is_ours=False)

    async def _switch(self, *, on: bool) -> bool:
        try:
            async with asyncio.timeout(_WITHIN):
                await self._context.phone.set_dnd(on, source="calendar", reason="appointment")
        except (PhoneError, ConnectionLost, TimeoutError) as error:
            self._not_before = self._context.clock.monotonic() + _RETRY
            self._context.log.warning("do-not-disturb could not be switched %s: %s", "on" if on else "off", error)
            return False
        return True

    async def _own(self, *, is_ours: bool) -> bool:
        try:
            await self._context.database.run(partial(kept.own_dnd, user=self._context.user, is_ours=is_ours))
        except (UserError, SQLAlchemyError) as error:
            self._not_before = self._context.clock.monotonic() + _RETRY
            self._context.log.warning("whose do-not-disturb it is cannot be remembered: %s", error)
            return False
        self.is_ours = is_ours
        return True
