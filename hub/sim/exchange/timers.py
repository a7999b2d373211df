from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Timer:
    """Something that is due at a time, unless it is cancelled before."""

    __slots__ = ("due", "run")

    def __init__(self, due: datetime, run: Callable[[datetime], None]) -> None:
        self.due = due
        self.run: Callable[[datetime], None] | None = run

    def cancel(self) -> None:
        """Let it never run; harmless when it has run."""
        self.run = None


class Timers:
    """What is due, and when. Pure: the caller brings the time. Of two due at one time, the older runs first."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Timer]] = []
        self._order = count()

    def add(self, due: datetime, run: Callable[[datetime], None]) -> Timer:
        """Have `run(due)` called when the time has come."""
        timer = Timer(due, run)
        heapq.heappush(self._heap, (due, next(self._order), timer))
        return timer

    @property
    def next_due(self) -> datetime | None:
        """When the next one is due."""
        while self._heap and self._heap[0][2].run is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, now: datetime) -> Timer | None:
        """Take out the next one that is due by now."""
        due = self.next_due
        if due is None or due > now:
            return None
        return heapq.heappop(self._heap)[2]
