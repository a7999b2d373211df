from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hub import Ring, hookimpl
from hub.plugin_host.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Good:
    def __init__(self) -> None:
        self.told: list[int] = []

    @hookimpl
    async def on_ring(self, event: Ring) -> None:
        self.told.append(event.seq)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a plugin's thread, which has its own time."""
    while not condition():  # noqa: ASYNC110  the thread knows of no loop to tell
        await asyncio.sleep(0.001)


@pytest.mark.feature("PLUG-02")
async def test_a_coroutine_that_outlasts_its_deadline_is_cancelled(tmp_path: Path) -> None:
    class Hangs(Good):
        def __init__(self) -> None:
            super().__init__()
            self.cancelled = 0

        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            if event.seq % 2:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.cancelled += 1
                    raise
            self.told.append(event.seq)

    async with Stage(tmp_path, (Hangs, Good)) as stage:
        hangs, plugin = stage.implementation("hangs"), stage.plugin("hangs")
        for _ in range(4):
            stage.ring()
        await stage.clock.advance(9.9)
        assert (hangs.told, plugin.failures) == ([], 0)
        assert stage.implementation("good").told == [1, 2, 3, 4]
        await stage.clock.advance(0.2)
        assert (hangs.told, plugin.failures, hangs.cancelled) == ([2], 1, 1)
        await stage.clock.advance(12.5)
        assert (hangs.told, plugin.failures, hangs.cancelled) == ([2, 4], 2, 2)
        await stage.dispatcher.idle()
        assert plugin.last_failure is not None
        assert plugin.last_failure.reason == "on_ring took longer than 10 s"
        assert plugin.state == "loaded"


async def test_each_call_has_a_deadline_of_its_own(tmp_path: Path) -> None:
    """A worker that is busy all day long, one call after another, is not overdue."""

    class Slow(Good):
        clock = None

        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            await stage.clock.sleep(9)
            self.told.append(event.seq)

    async with Stage(tmp_path, (Slow,)) as stage:
        for _ in range(20):
            stage.ring()
        await stage.clock.advance(200)
        assert stage.implementation("slow").told == list(range(1, 21))
        assert stage.plugin("slow").failures == 0


@pytest.mark.parametrize("how", ["returns", "raises"])
async def test_one_that_does_something_else_when_cancelled_is_as_late(how: str, tmp_path: Path) -> None:
    class Swallows(Good):
        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            if event.seq == 1:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if how == "raises":
                        raise ValueError("cancelled") from None
            self.told.append(event.seq)

    async with Stage(tmp_path, (Swallows,)) as stage:
        for _ in range(3):
            stage.ring()
        await stage.clock.advance(11)
        await stage.dispatcher.idle()
        assert stage.implementation("swallows").told == ([1, 2, 3] if how == "returns" else [2, 3])
        plugin = stage.plugin("swallows")
        assert plugin.failures == 1
        assert plugin.last_failure is not None
        assert plugin.last_failure.reason == "on_ring took longer than 10 s"
        stage.ring()
        await stage.dispatcher.idle()
        assert plugin.failures == 1


@pytest.mark.feature("PLUG-02")
async def test_one_that_ignores_its_cancellation_is_left_to_itself(tmp_path: Path) -> None:
    class Stubborn(Good):
        def __init__(self) -> None:
            super().__init__()
            self.released = asyncio.Event()

        @hookimpl
        async def on_event(self, event: Ring) -> None:
            if event.seq == 1:
                while not self.released.is_set():
                    try:
                        await self.released.wait()
                    except asyncio.CancelledError:
                        continue

    async with Stage(tmp_path, (Stubborn,)) as stage:
        for _ in range(50):
            stage.ring()
        await stage.clock.advance(15)
        await stage.dispatcher.idle()
        stubborn, plugin = stage.implementation("stubborn"), stage.plugin("stubborn")
        assert stubborn.told == list(range(2, 51))  # the first has been given up, all of it
        assert plugin.failures == 1
        assert plugin.state == "loaded"
        stubborn.released.set()
        await stage.clock.advance(1)
        assert stubborn.told == list(range(2, 51))
        stage.ring()
        await stage.dispatcher.idle()
        assert stubborn.told[-1] == 51
        assert plugin.failures == 1


@pytest.mark.feature("PLUG-02")
async def test_a_blocked_thread_is_left_behind_and_replaced(tmp_path: Path) -> None:
    class Blocks(Good):
        def __init__(self) -> None:
            super().__init__()
            self.released = threading.Event()
            self.blocked: list[threading.Thread] = []

        @hookimpl
        def on_ring(self, event: Ring) -> None:
            if event.seq == 2:
                self.blocked.append(threading.current_thread())
                self.released.wait(60)
            self.told.append(event.seq)

    async with Stage(tmp_path, (Blocks, Good)) as stage:
        blocks, plugin = stage.implementation("blocks"), stage.plugin("blocks")
        for _ in range(100):
            stage.ring()
        await until(lambda: bool(blocks.blocked))
        await stage.clock.advance(13)
        await stage.dispatcher.idle()
        assert blocks.told == [1, *range(3, 101)]
        assert stage.implementation("good").told == list(range(1, 101))
        assert (plugin.failures, plugin.state) == (1, "loaded")
        assert plugin.last_failure is not None
        assert plugin.last_failure.reason == "on_ring took longer than 10 s"
        (left_behind,) = blocks.blocked
        assert left_behind.daemon
        blocks.released.set()
        await asyncio.to_thread(left_behind.join, 10)
        assert not left_behind.is_alive()
        assert blocks.told.count(2) == 1


async def test_threads_that_hang_are_bounded(tmp_path: Path) -> None:
    class Blocks:
        def __init__(self) -> None:
            self.released = threading.Event()
            self.calls = 0

        @hookimpl
        def on_ring(self) -> None:
            self.calls += 1
            self.released.wait(60)

    async with Stage(tmp_path, (Blocks,), limits=Limits(hung=2)) as stage:
        blocks, plugin = stage.implementation("blocks"), stage.plugin("blocks")
        for _ in range(10):
            stage.ring()
        for calls in (1, 2):
            await until(lambda calls=calls: blocks.calls == calls)  # type: ignore[misc]  # mypy cannot type such defaults
            await stage.clock.advance(13)
        assert (plugin.state, plugin.failures, blocks.calls) == ("suspended", 2, 2)
        assert "2 such calls have not come back" in plugin.reason
        await stage.clock.advance(10_000)
        stage.ring()
        assert (plugin.state, blocks.calls) == ("suspended", 2)
        blocks.released.set()
        await until(lambda: stage.dispatcher._workers["blocks"]._hung == 0)
        await stage.clock.advance(3600)
        assert plugin.state == "loaded"
        stage.ring()
        await stage.dispatcher.idle()
        assert blocks.calls == 3


async def test_nobody_wakes_up_while_nothing_happens(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Good,)) as stage:
        await stage.dispatcher.start()
        stage.ring()
        await stage.dispatcher.idle()
        await stage.clock.advance(100)
        assert stage.clock.sleepers == 0
        stage.ring()
        await asyncio.sleep(0)
        assert stage.clock.sleepers == 1
        await stage.clock.advance(100)
        assert stage.clock.sleepers == 0
