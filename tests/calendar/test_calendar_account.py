"""When a source is read."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from hub.clock import SystemClock
from hub_calendar.account import Account
from hub_calendar.expand import NOTHING

if TYPE_CHECKING:
    from hub_calendar.expand import Expansion
    from hub_calendar.sources import Span


class Slow:
    """A source that answers when it is let."""

    def __init__(self) -> None:
        self.asked = asyncio.Semaphore(0)
        self.let = asyncio.Semaphore(0)

    async def appointments(self, span: Span) -> Expansion:  # noqa: ARG002  there are none
        self.asked.release()
        await self.let.acquire()
        return NOTHING

    async def changed(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None: ...


async def test_who_asks_during_a_look_gets_what_is_read_after_it() -> None:
    workers: list[asyncio.Task[None]] = []
    context: Any = SimpleNamespace(
        clock=SystemClock(), log=logging.getLogger("calendar"), emit=lambda *_, **__: None,
        spawn=lambda work, name: workers.append(asyncio.create_task(work, name=name)),
    )  # fmt: skip

    async def changed() -> None: ...

    source = Slow()
    account = Account("work", "caldav", source, 300, lambda: cast("Span", None), changed, context)
    async with asyncio.timeout(10):
        account.start()
        await source.asked.acquire()
        refreshed = asyncio.create_task(account.refresh())
        await asyncio.sleep(0)
        source.let.release()
        await source.asked.acquire()
        assert not refreshed.done()
        source.let.release()
        await refreshed
    workers[0].cancel()
    await asyncio.wait(workers)
