"""One source of one user: read now and then, when it says so, or on demand."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from hub import SourceError, SourceUnreachable, UserError
from hub_calendar.expand import NOTHING
from hub_calendar.told import CalendarChanged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from hub import Context
    from hub_calendar.expand import Expansion
    from hub_calendar.sources import CalendarSource, Span

_FIRST_RETRY = 15.0
_WITHIN = 120.0
"""Seconds that a look may take."""


class State(StrEnum):
    """How a source stands."""

    OFF = "off"
    REFRESHING = "refreshing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to tell of a source; of one that fails, what was read last is kept."""

    state: State = State.REFRESHING
    expansion: Expansion = NOTHING
    refreshed: datetime | None = None
    error: str = ""


class Account:
    """A configured source and its worker; `span` is asked before each look, `changed` awaited when there is news."""

    def __init__(
        self,
        name: str,
        kind: str,
        source: CalendarSource | None,
        interval: float,
        span: Callable[[], Span],
        changed: Callable[[], Awaitable[None]],
        context: Context,
    ) -> None:
        self.name = name
        self.kind = kind
        self.report = Report(State.REFRESHING if source else State.OFF)
        self._source = source
        self._interval = interval
        self._span = span
        self._changed = changed
        self._context = context
        self._wanted = asyncio.Event()
        self._looked = asyncio.Event()
        self._failures = 0

    def start(self) -> None:
        """Begin to work, where it is on."""
        if self._source is not None:
            self._context.spawn(self._work(self._source), f"calendar {self.name}")

    async def refresh(self, within: float = 20.0) -> None:
        """Look now; return when that is done, or after so many seconds."""
        if self._source is None:
            return
        self._looked.clear()
        self._wanted.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._looked.wait()

    def look(self) -> None:
        """Look soon."""
        self._wanted.set()

    async def _work(self, source: CalendarSource) -> None:
        try:
            while True:
                self._wanted.clear()
                await self._once(source)
                if not self._wanted.is_set():  # else whoever asked meanwhile waits for the next look
                    self._looked.set()
                await self._rest(source)
        finally:
            await source.close()

    async def _once(self, source: CalendarSource) -> None:
        before = self.report
        try:
            async with asyncio.timeout(_WITHIN):
                expansion = await source.appointments(self._span())
        except (UserError, TimeoutError) as error:
            self._failures += 1
            told = error if isinstance(error, UserError) else _too_slow(self.name)
            self.report = replace(before, state=State.FAILED, error=str(told))
            if before.error != self.report.error:
                self._context.log.warning("calendar %s: %s", self.name, told)
        else:
            self._failures = 0
            self.report = Report(State.READY, expansion, self._context.clock.now())
            for problem in expansion.problems:
                if problem not in before.expansion.problems:
                    self._context.log.warning("calendar %s: %s", self.name, problem)
        if self.report.expansion is not before.expansion:
            await self._changed()
        if (before.state, before.error, before.expansion) != (
            self.report.state,
            self.report.error,
            self.report.expansion,
        ):
            self._context.emit(
                CalendarChanged,
                source=self.name,
                state=self.report.state.value,
                appointments=len(self.report.expansion.appointments),
                error=self.report.error,
            )

    async def _rest(self, source: CalendarSource) -> None:
        """Return when it is time to look again."""
        pause = self._interval
        if self._failures:
            pause = min(pause, _FIRST_RETRY * 2 ** min(self._failures - 1, 10))
        causes = (self._context.clock.sleep(pause), self._wanted.wait(), _told(source))
        waiting = [asyncio.ensure_future(each) for each in causes]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def _told(source: CalendarSource) -> None:
    with suppress(SourceError):
        await source.changed()
        return
    await asyncio.Event().wait()


def _too_slow(name: str) -> SourceUnreachable:
    return SourceUnreachable.of(f"it did not answer in {_WITHIN:g} s", "it is tried again", name)
