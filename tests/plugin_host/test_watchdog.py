from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hub import Context, hookimpl
from hub.clock import SystemClock
from hub.plugin_host.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Limits(loop=0.2)
BLOCKED = 0.6


def block() -> None:
    time.sleep(BLOCKED)


class InATask:
    @hookimpl
    async def on_ring(self, context: Context) -> None:
        async def polls() -> None:
            await asyncio.sleep(0)
            block()

        context.spawn(polls(), "polling")


class InATaskOfItsOwn:
    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    @hookimpl
    async def on_ring(self) -> None:
        async def polls() -> None:
            block()

        self.task = asyncio.create_task(polls())


@pytest.mark.feature("PLUG-02")
@pytest.mark.parametrize("kind", [InATask, InATaskOfItsOwn])
async def test_whoever_blocks_the_loop_is_named(
    kind: type[object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Stage(tmp_path, (kind,), clock=SystemClock(), limits=QUICK) as stage:
        await stage.dispatcher.start()
        plugin = stage.plugin(kind.__name__.lower())
        stage.ring()
        while not plugin.held_up:  # noqa: ASYNC110  the watchdog's thread says so
            await asyncio.sleep(0.01)
    assert plugin.last_failure is not None
    assert "in block (test_watchdog.py:" in plugin.last_failure.reason
    assert f"held up by plugin {plugin.name} in block" in caplog.text


async def test_the_hub_itself_is_not_taken_for_a_plugin(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Stage(tmp_path, (InATask,), clock=SystemClock(), limits=QUICK) as stage:
        await stage.dispatcher.start()
        asyncio.get_running_loop().call_soon(time.sleep, BLOCKED)
        while "held up" not in caplog.text:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.01)
        assert stage.plugin("inatask").held_up == 0
    assert "held up by something that is no plugin" in caplog.text


async def test_a_loop_that_waits_or_works_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Stage(tmp_path, (InATask,), clock=SystemClock(), limits=QUICK) as stage:
        await stage.dispatcher.start()
        await asyncio.sleep(0.5)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:  # noqa: ASYNC110  busy, and yet there for others
            await asyncio.sleep(0)
    assert "held up" not in caplog.text
