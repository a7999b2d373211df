"""The promise to everybody else: whatever one plugin does, the others get every event in order, and it is named."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hub import Context, Event, OpenPage, Ring, hookimpl
from hub.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 1000


class Neighbour:
    """Behaves."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.on_thread: list[int] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.told.append(event)

    @hookimpl
    def on_ring(self, event: Ring) -> None:
        self.on_thread.append(event.seq)


class Raises:
    @hookimpl
    async def on_ring(self) -> None:
        raise RuntimeError("I always do")


class RaisesOnThread:
    @hookimpl
    def on_ring(self) -> None:
        raise KeyboardInterrupt


class AwaitsAMinute:
    clock: SystemClock

    @hookimpl
    async def on_ring(self, context: Context) -> None:
        await context.clock.sleep(60)


class BlocksItsThread:
    released = threading.Event()

    @hookimpl
    def on_ring(self) -> None:
        self.released.wait(60)


class Floods:
    @hookimpl
    async def on_ring(self, context: Context) -> None:
        while True:
            context.emit(OpenPage, url="https://flood.test")


class FloodsWithTasks:
    @hookimpl
    async def on_ring(self, context: Context) -> None:
        while True:
            context.spawn(asyncio.Event().wait(), "one more")  # type: ignore[arg-type]  # a coroutine of bool


class ExitsInHook:
    @hookimpl
    async def on_ring(self) -> None:
        sys.exit(3)


class ExitsInTask:
    @hookimpl
    async def on_ring(self, context: Context) -> None:
        async def leave() -> None:
            sys.exit(4)

        context.spawn(leave(), "leave")


class ExitsAtSetUp:
    @hookimpl
    def start(self) -> None:
        sys.exit(5)


class ExitsWhenMade:
    def __init__(self) -> None:
        sys.exit(6)

    @hookimpl
    def on_ring(self) -> None: ...


OFFENDERS = {
    "raises": "suspended",
    "raisesonthread": "suspended",
    "awaitsaminute": "suspended",
    "blocksitsthread": "suspended",
    "floods": "suspended",
    "floodswithtasks": "suspended",
    "exitsinhook": "suspended",
    "exitsintask": "suspended",
    "exitsatsetup": "failed",
    "exitswhenmade": "failed",
    "exitsatimport": "failed",
}


def named(stage: Stage) -> dict[str, str]:
    """Return what became of the offenders, also of those that were tried again meanwhile."""
    failed = {plugin.name: "failed" for plugin in stage.manager.plugins if plugin.state == "failed"}
    return failed | {name: state for name, state, _ in stage.told if state == "suspended"}


@pytest.mark.feature("PLUG-02")
@pytest.mark.feature("PLUG-03")
async def test_a_thousand_calls_among_offenders(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "exitsatimport.py").write_text("import sys\nsys.exit(7)\n")
    given = (
        Raises, RaisesOnThread, AwaitsAMinute, BlocksItsThread, Floods, FloodsWithTasks, ExitsInHook, ExitsInTask,
        ExitsAtSetUp, ExitsWhenMade, Neighbour,
    )  # fmt: skip
    stage = Stage(tmp_path, given, drop_ins=tmp_path / "plugins")
    async with stage:
        await stage.dispatcher.start()
        for _ in range(CALLS):
            stage.ring()
            await asyncio.sleep(0)
        while named(stage) != OFFENDERS:
            await stage.clock.advance(2.5)  # the deadlines of those that hang
            await asyncio.sleep(0.001)
        await stage.dispatcher.idle()

        neighbour = stage.implementation("neighbour")
        assert neighbour.told == stage.emitted
        assert neighbour.on_thread == [event.seq for event in stage.emitted if isinstance(event, Ring)]
        assert len(neighbour.on_thread) == CALLS
        good = stage.plugin("neighbour")
        assert (good.state, good.failures, good.dropped) == ("loaded", 0, 0)

        reasons = {plugin.name: plugin.last_failure.reason for plugin in stage.manager.plugins if plugin.last_failure}
        assert reasons["raises"] == "on_ring: RuntimeError: I always do"
        assert reasons["raisesonthread"] == "on_ring: KeyboardInterrupt"
        assert "took longer than 10 s" in reasons["awaitsaminute"]
        assert "took longer than 10 s" in reasons["blocksitsthread"]
        assert "plugin floods emits events too fast" in reasons["floods"]
        assert "has 1000 tasks already" in reasons["floodswithtasks"]
        assert reasons["exitsinhook"] == "on_ring: SystemExit: 3"
        assert "sys.exit(4)" in reasons["exitsintask"]
        assert reasons["exitsatsetup"] == "start: SystemExit: 5"
        assert reasons["exitswhenmade"] == "making it: SystemExit: 6"
        assert reasons["exitsatimport"] == "import: SystemExit: 7"
        BlocksItsThread.released.set()


class BlocksTheLoop:
    """For two seconds, as a coroutine must not."""

    def __init__(self) -> None:
        self.began = 0.0

    @hookimpl
    async def on_ring(self, event: Ring) -> None:
        if event.seq == CALLS // 2:
            self.began = time.monotonic()
            time.sleep(2)  # noqa: ASYNC251  that is the offence


@pytest.mark.feature("PLUG-02")
async def test_the_watchdog_names_who_blocks_the_loop(tmp_path: Path) -> None:
    named: list[tuple[float, str]] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            named.append((time.monotonic(), record.getMessage()))

    listener = Listener(logging.ERROR)
    logging.getLogger("hub.plugin_host.watchdog").addHandler(listener)
    try:
        async with Stage(tmp_path, (BlocksTheLoop, Neighbour), clock=SystemClock()) as stage:
            await stage.dispatcher.start()
            for _ in range(CALLS):
                stage.ring()
            await stage.dispatcher.idle()
            while not stage.plugin("blockstheloop").held_up:  # noqa: ASYNC110  the watchdog's thread says so
                await asyncio.sleep(0.01)
            await stage.dispatcher.idle()
            assert stage.implementation("neighbour").told == stage.emitted
            blocks, plugin = stage.implementation("blockstheloop"), stage.plugin("blockstheloop")
    finally:
        logging.getLogger("hub.plugin_host.watchdog").removeHandler(listener)
    ((when, message),) = named
    assert when - blocks.began < 1.0
    assert "held up by plugin blockstheloop in on_ring (test_offenders.py:" in message
    assert "time.sleep(2)" in message
    assert (plugin.held_up, plugin.failures, plugin.state) == (1, 1, "loaded")
    assert [(name, state) for name, state, _ in stage.told] == [("blockstheloop", "loaded")]
    about = re.search(r"held up the event loop for about (\d\.\d) s in on_ring", stage.told[0][2])
    assert about is not None
    assert 1.4 < float(about[1]) < 3
    assert plugin.last_failure is not None
    assert "time.sleep(2)" in plugin.last_failure.traceback
    assert stage.plugin("neighbour").held_up == 0
