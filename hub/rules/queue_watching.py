from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hub.events import PhoneChanged, QueuesChanged
from hub.phone.connection import ConnectionState
from hub.rules.queue_waiting import Lookout

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.clock import Clock
    from hub.core.queue_boards import Queues
    from hub.events import Event
    from hub.rules.queue_waiting import QueueWaiting, Threshold

LONGEST_NAP = 30.0
"""After how many seconds the clock is looked at again, in case somebody turns it."""


class QueueWatcher:
    """Follows the queues by what the hub tells and by its clock, and tells once when one comes over a threshold.

    `queues(user)` are a user's as they stand. While the phone system is out of reach nothing is told.
    """

    def __init__(
        self, clock: Clock, queues: Callable[[str], Queues | None], tell: Callable[[QueueWaiting], None]
    ) -> None:
        self._clock = clock
        self._queues = queues
        self._tell = tell
        self._lookout = Lookout()
        self._thresholds: frozenset[Threshold] = frozenset()
        self._changed = asyncio.Event()

    def use(self, thresholds: frozenset[Threshold]) -> None:
        """Look out for these from now on."""
        self._thresholds = thresholds
        self.look()
        self._changed.set()

    def consume(self, event: Event) -> None:
        """Take note of what an event says of queues."""
        match event:
            case QueuesChanged():
                self._lookout.see(event.user, event.now)
            case PhoneChanged(state=ConnectionState.CONNECTED):
                self._lookout.see(event.user, self._queues(event.user))
            case PhoneChanged():
                self._lookout.see(event.user, None)
            case _:
                return
        self.look()
        self._changed.set()

    def look(self) -> None:
        """Tell what has come over a threshold."""
        for event in self._lookout.look(self._thresholds, self._clock.now()):
            self._tell(event)

    async def run(self) -> None:
        """Look whenever somebody may have waited too long, until cancelled."""
        while True:
            self._changed.clear()
            now = self._clock.now()
            due = self._lookout.next_due(self._thresholds, now)
            both: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._changed.wait())}
            if due is not None:
                nap = min(LONGEST_NAP, (due - now).total_seconds())
                both.add(asyncio.ensure_future(self._clock.sleep(nap)))
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in both:
                    each.cancel()
            self.look()
