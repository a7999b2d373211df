"""Plays the day of a scenario at a running server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.sim.day import Day

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.sim.day import DayReport, Progress
    from hub.sim.scenario import Scenario
    from hub.sim.server import SimServer


class Player:
    """Plays a scenario's day at a server that was made with the scenario's office; the server's `pace` is the speed.

    `tell` hears of everything that people do, `longest_gap` is how many real seconds nothing may happen (None: as the
    day has it).
    """

    def __init__(
        self,
        server: SimServer,
        scenario: Scenario,
        *,
        tell: Callable[[Progress], None] = lambda _progress: None,
        longest_gap: float | None = None,
    ) -> None:
        self._server = server
        self._over = asyncio.Event()
        self._day = Day(
            server.exchange,
            scenario.day,
            tell=tell,
            over=self._over.set,
            longest_gap=None if longest_gap is None else timedelta(seconds=longest_gap),
        )

    def start(self) -> None:
        """Begin the day."""
        self._day.begin(self._server.now())

    async def finished(self) -> DayReport:
        """Return when the last call of the day is over, or the day was stopped."""
        await self._over.wait()
        return self._day.report

    def stop(self) -> None:
        """End the day here; calls that are up go on."""
        self._day.stop()
        self._over.set()
