from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from stage import Stage

from hub import Context, Event, Lagged, OpenPage, Ring, hookimpl
from hub.plugin_host.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path


class Listening:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def seqs(self, user: str = "alice") -> list[int]:
        return [event.seq for event in self.told if isinstance(event, Ring) and event.user == user]


class Loop(Listening):
    @hookimpl
    async def on_ring(self, event: Ring) -> None:
        self.told.append(event)


class Thread(Listening):
    @hookimpl
    def on_ring(self, event: Ring) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.told.append(event)


class Mixed(Listening):
    """Everything on the loop, rings on the thread, page by page on the loop again."""

    @hookimpl
    async def on_event(self, event: Event) -> None:
        await asyncio.sleep(0)
        self.told.append(event)

    @hookimpl
    def on_ring(self, context: Context, event: Ring) -> None:
        assert context.user == event.user
        self.told.append(event)

    @hookimpl
    async def on_open_page(self, event: OpenPage, context: Context) -> None:
        assert context.plugin == "mixed"
        self.told.append(event)


class Everything(Listening):
    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.told.append(event)


class RaisesAtStart(Loop):
    @hookimpl
    async def start(self, context: Context) -> None:
        raise ValueError(context.user)


class ExitsAtStart(Loop):
    @hookimpl
    def start(self) -> None:
        raise SystemExit(1)


class HangsAtStart(Loop):
    @hookimpl
    async def start(self) -> None:
        await asyncio.Event().wait()


class BlocksAtStart(Loop):
    released = threading.Event()

    @hookimpl
    def start(self) -> None:
        self.released.wait(60)


@pytest.mark.feature("PLUG-03")
@pytest.mark.parametrize("kind", [Loop, Thread, Mixed, Everything])
async def test_a_plugin_gets_its_events_in_order(kind: type[Listening], tmp_path: Path) -> None:
    async with Stage(tmp_path, (kind,), users=("alice", "bob")) as stage:
        for number in range(2000):
            stage.ring("alice" if number % 3 else "bob")
            if number % 300 == 0:
                await asyncio.sleep(0)
        await stage.dispatcher.idle()
        told = stage.implementation(kind.__name__.lower()).told
        expected = [event for event in stage.emitted for _ in range(2 if kind is Mixed else 1)]
        assert [(event.user, event.seq) for event in told] == [(event.user, event.seq) for event in expected]
        assert stage.plugin(kind.__name__.lower()).events == 2000


async def test_order_is_kept_between_the_loop_and_the_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Mixed,)) as stage:
        for _ in range(300):
            stage.ring()
            stage.context("mixed").emit(OpenPage, url="https://x.test")
        await stage.dispatcher.idle()
        told = [event.seq for event in stage.implementation("mixed").told]
        assert told == [seq for seq in range(1, 601) for _ in range(2)]


async def test_nobody_waits_for_a_slower_one(tmp_path: Path) -> None:
    """Also the loop is given back now and then by one who has much to do and never awaits."""
    blocked = threading.Event()

    class Slow(Listening):
        @hookimpl
        def on_ring(self, event: Ring) -> None:
            blocked.wait(30)
            self.told.append(event)

    class Awaiting(Listening):
        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            await asyncio.to_thread(blocked.wait, 30)
            self.told.append(event)

    async with Stage(tmp_path, (Slow, Awaiting, Loop)) as stage:
        for _ in range(5000):
            stage.ring()
        turns = 0
        while len(stage.implementation("loop").told) < 5000:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 5
        assert not stage.implementation("slow").told
        blocked.set()
        await stage.dispatcher.idle()
        for name in ("slow", "awaiting", "loop"):
            assert stage.implementation(name).seqs() == list(range(1, 5001))


@pytest.mark.feature("PLUG-03")
@pytest.mark.parametrize("where", ["loop", "thread"])
async def test_what_a_full_mailbox_lost_is_told(where: str, tmp_path: Path) -> None:
    gate = asyncio.Event()
    opened = threading.Event()

    class OnLoop(Listening):
        name = "slow"

        @hookimpl
        async def on_event(self, event: Event) -> None:
            await gate.wait()
            self.told.append(event)

    class OnThread(Listening):
        name = "slow"

        @hookimpl
        def on_event(self, event: Event) -> None:
            opened.wait(30)
            self.told.append(event)

    kind = OnThread if where == "thread" else OnLoop
    async with Stage(tmp_path, (kind, Loop), limits=Limits(mailbox=100), users=("alice", "bob")) as stage:
        stage.ring()
        await asyncio.sleep(0)  # the first is taken out
        while stage.plugin("slow").dropped < 40:
            stage.ring("alice" if stage.seqs["alice"] < 120 else "bob")
            if stage.seqs["bob"] % 10 == 0:
                await asyncio.sleep(0)  # the neighbour keeps up
        gate.set()
        opened.set()
        await stage.dispatcher.idle()
        slow = stage.implementation("slow").told
        lagged = [event for event in slow if isinstance(event, Lagged)]
        lost = {event.user: event.dropped for event in lagged}
        assert sum(lost.values()) == stage.plugin("slow").dropped
        for event in lagged:
            assert event.calls == (stage.call(event.user),)
            assert event.seq == stage.seqs[event.user]
        rings = stage.implementation("slow").seqs()
        assert rings == list(range(1, len(rings) + 1))
        assert slow[-len(lagged) :] == lagged
        assert any(name == "slow" and "mailbox is full" in reason for name, _, reason in stage.told)
        after = stage.ring()
        await stage.dispatcher.idle()
        assert stage.implementation("slow").told[-1] == after
        assert stage.implementation("loop").seqs() == list(range(1, stage.seqs["alice"] + 1))
        assert stage.plugin("loop").dropped == 0


async def test_a_burst_larger_than_the_mailbox_wakes_one_that_rests(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Everything,), limits=Limits(mailbox=10)) as stage:
        await stage.dispatcher.idle()
        stage.ring("somebody else")  # goes out at once, to nobody here; what follows goes out together
        for _ in range(50):
            stage.ring()
        await stage.dispatcher.idle()
        told = stage.implementation("everything").told
        assert [event.seq for event in told if isinstance(event, Ring)] == list(range(1, 11))
        lagged = {event.user: event.dropped for event in told if isinstance(event, Lagged)}
        assert lagged == {"alice": 40, "": 1}  # that its mailbox is full is an event too, of the hub itself
        after = stage.ring()
        await stage.dispatcher.idle()
        assert told[-1] == after


@pytest.mark.feature("PLUG-02")
async def test_failures_in_a_row_suspend_and_it_is_tried_again_later(tmp_path: Path) -> None:
    class Bad(Listening):
        broken = True

        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            if self.broken:
                raise ValueError("no such thing")
            self.told.append(event)

        @hookimpl
        async def on_lagged(self, event: Lagged) -> None:
            self.told.append(event)

    async with Stage(tmp_path, (Bad, Loop)) as stage:

        async def ring(times: int) -> None:
            for _ in range(times):
                stage.ring()
            await stage.dispatcher.idle()

        bad, plugin = stage.implementation("bad"), stage.plugin("bad")
        await ring(4)
        assert (plugin.state, plugin.failures) == ("loaded", 4)
        bad.broken = False
        await ring(1)
        bad.broken = True
        await ring(4)
        assert (plugin.state, plugin.failures) == ("loaded", 8)
        await ring(10)
        assert (plugin.state, plugin.failures, plugin.dropped) == ("suspended", 9, 9)
        assert "5 failures in a row, the last: on_ring: ValueError: no such thing" in plugin.reason
        assert plugin.last_failure is not None
        assert 'raise ValueError("no such thing")' in plugin.last_failure.traceback
        assert "worker.py" not in plugin.last_failure.traceback
        await stage.clock.advance(59)
        await ring(1)
        assert (plugin.state, plugin.failures) == ("suspended", 9)

        await stage.clock.advance(2)  # tried again: what was lost is told, and one more failure is one too many
        assert plugin.state == "loaded"
        assert [event.dropped for event in bad.told if isinstance(event, Lagged)] == [10]
        bad.told.clear()

        await ring(1)
        assert plugin.failures == 10
        await ring(4)
        assert plugin.state == "suspended"
        assert "for 60 s" in plugin.reason  # the lag was taken well, so that was the first of five
        await stage.clock.advance(0)  # how a plugin stands is told a little later
        assert [state for name, state, _ in stage.told if name == "bad"] == ["suspended", "loaded", "suspended"]
        assert stage.implementation("loop").seqs() == list(range(1, stage.seqs["alice"] + 1))


async def test_suspensions_grow_up_to_an_hour_and_are_short_again_after_a_success(tmp_path: Path) -> None:
    class Bad:
        broken = True

        @hookimpl
        async def on_ring(self) -> None:
            if self.broken:
                raise ValueError("bad")

    async with Stage(tmp_path, (Bad,)) as stage:
        plugin = stage.plugin("bad")

        async def ring(times: int) -> None:
            for _ in range(times):
                stage.ring()
            await stage.dispatcher.idle()

        await ring(5)
        durations = []
        for _ in range(8):
            assert plugin.state == "suspended"
            durations.append(float(plugin.reason.split()[2]))
            await stage.clock.advance(durations[-1])
            assert plugin.state == "loaded"
            await ring(1)
        assert durations == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        await stage.clock.advance(3600)
        stage.implementation("bad").broken = False
        await ring(1)
        stage.implementation("bad").broken = True
        await ring(5)
        assert plugin.reason.startswith("suspended for 60 s")


async def test_each_hook_of_an_event_is_on_its_own(tmp_path: Path) -> None:
    class Both(Listening):
        @hookimpl
        async def on_event(self) -> None:
            raise ValueError("in on_event")

        @hookimpl
        def on_ring(self, event: Ring) -> None:
            self.told.append(event)
            raise SystemExit(3)

    class BothOnThread(Listening):
        @hookimpl
        def on_event(self) -> None:
            raise KeyboardInterrupt

        @hookimpl
        def on_ring(self, event: Ring) -> None:
            self.told.append(event)

    async with Stage(tmp_path, (Both, BothOnThread)) as stage:
        stage.ring()
        stage.ring()
        await stage.dispatcher.idle()
        assert stage.implementation("both").seqs() == [1, 2]
        assert stage.implementation("bothonthread").seqs() == [1, 2]
        assert stage.plugin("both").failures == 4
        assert stage.plugin("bothonthread").failures == 2
        last = stage.plugin("both").last_failure
        assert last is not None
        assert last.reason == "on_ring: SystemExit: 3"
        assert stage.plugin("bothonthread").last_failure.reason == "on_event: KeyboardInterrupt"  # type: ignore[union-attr]  # there was one


async def test_a_plain_hook_that_returns_a_coroutine_has_it_awaited(tmp_path: Path) -> None:
    class Wrapped(Listening):
        @hookimpl
        def on_ring(self, event: Ring) -> Any:
            async def later() -> None:
                self.told.append(event)
                if event.seq == 2:
                    raise ValueError("later")

            return later()

    async with Stage(tmp_path, (Wrapped,)) as stage:
        for _ in range(3):
            stage.ring()
        await stage.dispatcher.idle()
        assert stage.implementation("wrapped").seqs() == [1, 2, 3]
        assert stage.plugin("wrapped").failures == 1


async def test_a_hook_that_was_cancelled_by_its_own_doing_is_a_failure(tmp_path: Path) -> None:
    class Cancels(Listening):
        @hookimpl
        async def on_ring(self, event: Ring) -> None:
            self.told.append(event)
            raise asyncio.CancelledError

    async with Stage(tmp_path, (Cancels,)) as stage:
        stage.ring()
        stage.ring()
        await stage.dispatcher.idle()
        assert stage.implementation("cancels").seqs() == [1, 2]
        assert stage.plugin("cancels").failures == 2


@pytest.mark.feature("PLUG-02")
async def test_set_up_that_fails_or_hangs_ends_that_plugin_only(tmp_path: Path) -> None:
    class Good(Loop):
        def __init__(self) -> None:
            super().__init__()
            self.life: list[str] = []

        @hookimpl
        def start(self, context: Context) -> None:
            self.life.append(f"start {context.user}")

        @hookimpl
        async def stop(self, context: Context) -> None:
            self.life.append(f"stop {context.user}")

    stage = Stage(tmp_path, (RaisesAtStart, ExitsAtStart, HangsAtStart, BlocksAtStart, Good), users=("alice", "bob"))
    async with stage:
        starting = asyncio.create_task(stage.dispatcher.start())
        while not starting.done():
            await stage.clock.advance(2.5)
            await asyncio.sleep(0.001)  # a plugin's thread needs time of its own
        await starting
        for _ in range(3):
            stage.ring()
            stage.ring("bob")
        await stage.dispatcher.idle()
        states = {plugin.name: plugin.state.value for plugin in stage.manager.plugins}
        bad = ("raisesatstart", "exitsatstart", "hangsatstart", "blocksatstart")
        assert states == {**dict.fromkeys(bad, "failed"), "good": "loaded"}
        assert stage.plugin("raisesatstart").reason.startswith("start: ValueError: ")
        assert stage.plugin("exitsatstart").reason == "start: SystemExit: 1"
        assert stage.plugin("hangsatstart").reason == "start took longer than 10 s"
        assert stage.plugin("blocksatstart").reason == "start took longer than 10 s"
        for name in bad:
            assert stage.implementation(name).told == []
        good = stage.implementation("good")
        assert good.seqs() == [1, 2, 3]
        BlocksAtStart.released.set()
    assert sorted(good.life) == ["start alice", "start bob", "stop alice", "stop bob"]


async def test_set_up_that_fails_for_one_user_leaves_the_others(tmp_path: Path) -> None:
    class Choosy(Loop):
        @hookimpl
        async def start(self, context: Context) -> None:
            if context.user == "bob":
                raise ValueError("not bob")

    async with Stage(tmp_path, (Choosy,), users=("alice", "bob")) as stage:
        await stage.dispatcher.start()
        stage.ring("bob")
        stage.ring("alice")
        await stage.dispatcher.idle()
        assert stage.plugin("choosy").state == "loaded"
        assert [event.user for event in stage.implementation("choosy").told] == ["alice"]


async def test_what_waits_is_worked_off_before_a_plugin_is_stopped(tmp_path: Path) -> None:
    class Last(Thread):
        @hookimpl
        def stop(self) -> None:
            self.at_stop = len(self.told)

    async with Stage(tmp_path, (Last,)) as stage:
        await stage.dispatcher.start()
        for _ in range(1500):
            stage.ring()
    assert stage.implementation("last").at_stop == 1500


async def test_one_that_will_not_stop_is_left_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    released = asyncio.Event()

    class Stubborn:
        @hookimpl
        async def stop(self) -> None:
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    continue

    async with Stage(tmp_path, (Stubborn, Loop), limits=Limits(stop=0.05)) as stage:
        await stage.dispatcher.start()
    assert "plugin stubborn: hooks did not end in 0.05 s" in caplog.text
    released.set()
    await asyncio.sleep(0)


async def test_two_hubs_in_one_process_do_not_share_plugins(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Loop,)) as one, Stage(tmp_path, (Loop,)) as other:
        one.ring()
        await one.dispatcher.idle()
        assert one.implementation("loop") is not other.implementation("loop")
        assert other.implementation("loop").told == []
