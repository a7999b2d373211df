from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

_SETTLING = 50
"""Turns that the loop gets after each sleeper wakes, so that what it sets off happens before the next one wakes."""


class VirtualClock:
    """A clock whose hands a test turns: `await clock.advance(60)`. Begins at noon, 23 November 2026, UTC."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self._start = now
        self._elapsed = 0.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the time that the hands show, aware, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the seconds by which the hands were turned."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the hands were turned so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._numbers), future))
        await future

    @property
    def sleepers(self) -> int:
        """How many tasks sleep on this clock."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Turn the hands; whoever slept until then wakes, in order, each seeing the time that it slept for."""
        await self._settle()
        until = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._elapsed = at
                future.set_result(None)
                await self._settle()
        self._elapsed = until

    async def _settle(self) -> None:
        for _ in range(_SETTLING):
            await asyncio.sleep(0)
