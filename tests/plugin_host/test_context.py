from __future__ import annotations

import asyncio
import stat
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest
from stage import Stage

from hub import Context, Event, OpenPage, Ring, hookimpl
from hub.plugin_host.allowance import Allowance
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path


class Listener:
    def __init__(self) -> None:
        self.told: list[Event] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.told.append(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorbell(Event):
    type: ClassVar[str] = "listener_doorbell"

    door: str


async def test_a_plugin_emits_events_of_its_own(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Listener,)) as stage:
        context = stage.context("listener")
        context.emit(OpenPage, url="https://x.test", call="c1")
        await asyncio.to_thread(context.emit, Doorbell, door="front")
        await stage.dispatcher.idle()
        now = stage.clock.now()
        assert stage.implementation("listener").told == [
            OpenPage(seq=1, at=now, user="alice", url="https://x.test", call="c1"),
            Doorbell(seq=2, at=now, user="alice", door="front"),
        ]


async def test_a_plugin_emits_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Listener,)) as stage:
        context = stage.context("listener")
        with pytest.raises(TypeError, match="the hub tells that itself"):
            context.emit(Ring)
        with pytest.raises(TypeError, match='a type that starts with "listener_"'):
            context.emit(type("Other", (Event,), {"type": "other_thing"}))
        with pytest.raises(TypeError, match="hub itself gives seq, user"):
            context.emit(OpenPage, url="", user="bob", seq=3)
        with pytest.raises(TypeError, match="link"):
            context.emit(OpenPage, link="")
        assert stage.emitted == []


def test_an_allowance_comes_back_with_time() -> None:
    clock = VirtualClock()
    allowance = Allowance(clock, burst=2, rate=0.5)
    allowance.take("it")
    allowance.take("it")
    with pytest.raises(RuntimeError, match="more than 2 at once"):
        allowance.take("it")
    asyncio.run(clock.advance(2))
    allowance.take("it")
    with pytest.raises(RuntimeError):
        allowance.take("it")


@pytest.mark.feature("PLUG-02")
async def test_a_task_that_fails_counts_against_its_plugin(tmp_path: Path) -> None:
    async def fails() -> None:
        raise ValueError("no")

    async with Stage(tmp_path, (Listener,)) as stage:
        context, plugin = stage.context("listener"), stage.plugin("listener")
        task = context.spawn(fails(), "polling")
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert plugin.failures == 1
        assert plugin.last_failure is not None
        assert plugin.last_failure.reason == "task polling: ValueError: no"
        for _ in range(4):
            await asyncio.wait([context.spawn(fails(), "polling")])
        await asyncio.sleep(0)
        assert plugin.state == "suspended"


async def test_tasks_end_with_their_plugin(tmp_path: Path) -> None:
    ended = []

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    async with Stage(tmp_path, (Listener,)) as stage:
        context = stage.context("listener")
        first = context.spawn(works(), "first")
        second = await asyncio.to_thread(context.spawn, works(), "second")
        await asyncio.sleep(0)
        never_begun = context.spawn(works(), "third")
        assert second in context.tasks
        assert await context.close(10) == ()
    assert ended == [1, 1]
    assert first.cancelled()
    assert never_begun.cancelled()
    assert stage.plugin("listener").failures == 0


async def test_a_plain_hook_runs_coroutines_on_the_loop(tmp_path: Path) -> None:
    class Calls:
        def __init__(self) -> None:
            self.got: list[object] = []

        @hookimpl
        def on_ring(self, context: Context) -> None:
            async def where() -> tuple[int, str]:
                task = asyncio.current_task()
                assert task is not None
                return threading.get_ident(), task.get_name()

            async def raises() -> None:
                raise LookupError("not there")

            self.got.append(context.call(where()))
            with pytest.raises(TimeoutError, match=r"no result in 0\.01 s"):
                context.call(asyncio.sleep(60), timeout=0.01)
            with pytest.raises(LookupError, match="not there"):
                context.call(raises())

    async with Stage(tmp_path, (Calls,)) as stage:
        stage.ring()
        await stage.dispatcher.idle()
        assert stage.plugin("calls").last_failure is None
        assert stage.implementation("calls").got == [(threading.get_ident(), "plugin calls: call")]
        with pytest.raises(RuntimeError, match="await the coroutine instead"):
            stage.context("calls").call(asyncio.sleep(0))


async def test_what_a_plugin_has_of_its_host(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Listener,)) as stage:
        context = stage.context("listener")
        assert context.folder == tmp_path / "listener"
        assert stat.S_IMODE(context.folder.stat().st_mode) == 0o700
        assert context.secret("pin ${env:PIN}") == "pin 1234"
        assert context.log.name == "hub.plugins.listener"
        assert context.clock is stage.clock
        with pytest.raises(LookupError, match="user alice has no phone"):
            _ = context.phone
        with pytest.raises(LookupError, match="the hub itself has no phone"):
            _ = stage.context("listener", "").phone
        with pytest.raises(LookupError, match="plugin listener registered no tables"):
            _ = context.database


async def test_secrets_of_a_plugins_own_are_kept_for_each_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text("a key of the test's own, long enough", encoding="utf-8")
    monkeypatch.setenv("PHONEHUB_SECRETS_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("PHONEHUB_SECRETS_FILE", str(tmp_path / "secrets.json"))
    async with Stage(tmp_path, (Listener,), users=("alice", "bob")) as stage:
        alice, bob = stage.context("listener"), stage.context("listener", "bob")
        alice.keep_secret("token", "s3cret")
        assert (alice.kept_secret("token"), bob.kept_secret("token")) == ("s3cret", None)
        alice.keep_secret("token", "another")
        alice.forget_secret("token")
        assert alice.kept_secret("token") is None
