from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from hub.clock import Clock

_LOOKS = 4
"""How often a call is looked at until its deadline."""


class Supervised(Protocol):
    """Something that makes calls, one after another."""

    @property
    def is_resting(self) -> bool:
        """Whether it makes no call now."""
        ...

    def progress(self) -> object:
        """Return what is different in every call."""
        ...

    def overdue(self) -> None:
        """Do something about the call: its deadline has passed, or it goes on after this was said before."""
        ...


class Supervisor:
    """Looks after calls that outlast their deadline, without a timer or a look at the clock for each.

    While anybody is at work it looks a few times each deadline whether they have got on; else it sleeps until `arm`.
    A call is found overdue at most a quarter of the deadline late.
    """

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        self._clock = clock
        self._loop = loop
        self._deadline = deadline
        self._armed: asyncio.Future[None] | None = None
        self._seen: dict[Supervised, tuple[object, float]] = {}

    def arm(self) -> None:
        """Somebody is at work."""
        if self._armed is not None:
            self._armed.set_result(None)
            self._armed = None

    async def run(self, all_of_them: Iterable[Supervised]) -> None:
        """Look after them until cancelled."""
        while True:
            if not any(not each.is_resting for each in all_of_them):
                self._seen.clear()
                armed = self._armed = self._loop.create_future()
                await armed
            now = self._clock.monotonic()
            for each in all_of_them:
                self._look(each, now)
            await self._clock.sleep(self._deadline / _LOOKS)

    def _look(self, each: Supervised, now: float) -> None:
        if each.is_resting:
            self._seen.pop(each, None)
            return
        progress = each.progress()
        before, since = self._seen.get(each, (None, now))
        if progress != before:
            self._seen[each] = (progress, now)
        elif now - since >= self._deadline:
            each.overdue()
            self._seen[each] = (each.progress(), now - self._deadline * (_LOOKS - 1) / _LOOKS)
