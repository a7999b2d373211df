from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from hub.clock import Clock
    from hub.rules.schedule import Schedule

LATEST = timedelta(hours=1)
"""How late a schedule may still be due: after a computer slept, or its clock was put forward."""

LONGEST_NAP = 30.0
"""After how many seconds the clock is looked at again, in case somebody turns it."""


class Ticker:
    """Waits for schedules by the hub's clock and tells those that are due, each time once.

    A jump forward tells the latest time that was jumped over, if that is no longer ago than `LATEST`; a jump back
    tells nothing, and the same times again when they come: whoever acts on them claims each first.
    """

    def __init__(self, clock: Clock, zone: tzinfo, tell: Callable[[frozenset[Schedule], datetime], None]) -> None:
        self._clock = clock
        self._zone = zone
        self._tell = tell
        self._schedules: frozenset[Schedule] = frozenset()
        self._changed = asyncio.Event()
        self._seen = clock.now()

    def use(self, schedules: frozenset[Schedule]) -> None:
        """Wait for these from now on."""
        if schedules != self._schedules:
            self.tick()
            self._schedules = schedules
            self._changed.set()

    def tick(self) -> None:
        """Tell what has become due since the last time."""
        now = self._clock.now()
        after = max(self._seen, now - LATEST)
        self._seen = now
        due: dict[datetime, set[Schedule]] = {}
        for schedule in self._schedules:
            if at := schedule.latest(after, now, self._zone):
                due.setdefault(at, set()).add(schedule)
        for at in sorted(due):
            self._tell(frozenset(due[at]), at)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self._changed.clear()
            nap = asyncio.ensure_future(self._clock.sleep(self._nap())) if self._schedules else None
            changed = asyncio.ensure_future(self._changed.wait())
            both = {changed} if nap is None else {changed, nap}
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in both:
                    each.cancel()
            self.tick()

    def _nap(self) -> float:
        now = self._clock.now()
        next_due = min(schedule.next_after(now, self._zone) for schedule in self._schedules)
        return min(LONGEST_NAP, (next_due - now).total_seconds())
