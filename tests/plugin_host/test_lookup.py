from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from stage import Stage

from hub import Contact, Context, Number, NumberKind, hookimpl
from hub.plugin_host.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ADA = Contact(id="1", name="Ada")
BEN = Contact(id="2", name="Ben")
NUMBER = Number("1", NumberKind.EXTENSION)
OTHER = Number("2", NumberKind.EXTENSION)
UNHURRIED = Limits(lookup=10)
"""Nothing that comes back at all is late."""


class Gate:
    """A lookup that comes back when a test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = threading.Event()

    @hookimpl
    def find_contact(self, number: Number) -> list[Contact]:
        self.asked.append(number.text)
        assert self.open.wait(30)
        return [ADA]


class Quick:
    @hookimpl
    def find_contact(self, number: Number, context: Context) -> list[Contact]:
        assert context.user == "alice"
        return [BEN] if number == NUMBER else []


class Task:
    @hookimpl
    async def find_contact(self, number: Number) -> tuple[Contact, ...]:
        await asyncio.sleep(0)
        return (ADA,) if number == NUMBER else ()


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110  a thread of a plugin's makes it so
            await asyncio.sleep(0.001)


async def test_what_is_known_in_time_is_returned(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Quick,), limits=UNHURRIED) as stage:
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == (BEN,)
        assert stage.dispatcher.find_contacts(OTHER, "alice") == ()
        assert stage.dispatcher.find_contacts(NUMBER, "nobody") == ()
        await asyncio.sleep(0)
    assert stage.found == []


async def test_what_comes_later_is_told_once(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Gate, Quick), limits=Limits(lookup=0.01)) as stage:
        gate = stage.implementation("gate")
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == (BEN,)
        gate.open.set()
        await until(lambda: stage.found)
        assert stage.found == [("alice", NUMBER, (ADA,))]
        plugin = stage.plugin("gate")
        assert (plugin.failures, plugin.held_up) == (0, 1)
        assert "no ring waits for it until it is quicker" in stage.told[0][2]


async def test_one_that_is_late_is_waited_for_again_when_it_is_in_time(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Gate,), limits=Limits(lookup=0.2)) as stage:
        gate = stage.implementation("gate")
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == ()
        gate.open.set()
        late = 1
        await until(lambda: len(stage.found) == late)
        while stage.dispatcher.find_contacts(NUMBER, "alice") != (ADA,):
            late += 1
            await until(lambda: len(stage.found) == late)  # noqa: B023  it is called at once


async def test_a_turn_of_the_loop_waits_no_longer_for_many_than_for_one(tmp_path: Path) -> None:
    class Another(Gate):
        pass

    async with Stage(tmp_path, (Gate, Another), limits=Limits(lookup=0.05)) as stage:
        stage.dispatcher.find_contacts(NUMBER, "alice")
        assert [stage.plugin(name).held_up for name in ("gate", "another")] == [1, 0], "the second was not at fault"
        stage.implementation("gate").open.set()
        stage.implementation("another").open.set()
        await until(lambda: len(stage.found) == 2)


async def test_numbers_are_looked_up_one_after_another(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Gate,), limits=Limits(lookup=0.001, lookups=2)) as stage:
        gate, plugin = stage.implementation("gate"), stage.plugin("gate")
        for number in (NUMBER, OTHER, Number("3", NumberKind.EXTENSION)):
            stage.dispatcher.find_contacts(number, "alice")
        assert (plugin.dropped, plugin.failures) == (1, 1)
        assert "2 lookups have not come back" in plugin.last_failure.reason  # type: ignore[union-attr]
        gate.open.set()
        await until(lambda: len(stage.found) == 2)
        assert gate.asked == ["1", "2"]


async def test_a_coroutine_is_never_waited_for(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Task,), limits=UNHURRIED) as stage:
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == ()
        assert stage.dispatcher.find_contacts(OTHER, "alice") == ()
        await until(lambda: stage.found and not stage.context("task").tasks)
        assert stage.found == [("alice", NUMBER, (ADA,))]
        assert stage.plugin("task").failures == 0


@pytest.mark.feature("CALL-22")
async def test_an_emergency_number_waits_for_nobody(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Quick, Gate), limits=Limits(lookup=3600)) as stage:
        assert stage.dispatcher.find_contacts(Number("911", NumberKind.EMERGENCY), "alice") == ()
        stage.implementation("gate").open.set()
        await until(lambda: stage.found)


async def test_nobody_is_asked_who_has_a_withheld_number(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Gate,)) as stage:
        assert stage.dispatcher.find_contacts(Number("anonymous", NumberKind.WITHHELD), "alice") == ()
        assert stage.implementation("gate").asked == []


async def test_lookups_are_guarded(tmp_path: Path) -> None:
    class Raises:
        @hookimpl
        def find_contact(self) -> list[Contact]:
            raise SystemExit

    class Wrong:
        @hookimpl
        def find_contact(self, number: Number) -> Any:
            return number.text

    class RaisesInATask:
        @hookimpl
        async def find_contact(self) -> list[Contact]:
            raise SystemExit

    names = ("raises", "wrong", "raisesinatask")
    async with Stage(tmp_path, (Raises, Quick, Wrong, RaisesInATask), limits=UNHURRIED) as stage:
        for _ in range(5):
            assert stage.dispatcher.find_contacts(NUMBER, "alice") == (BEN,)
        await until(lambda: [stage.plugin(name).failures for name in names] == [5, 5, 5])
        assert [stage.plugin(name).state.value for name in names] == ["suspended"] * 3
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == (BEN,)
        assert stage.plugin("raises").failures == 5
        assert stage.plugin("wrong").last_failure.reason == (  # type: ignore[union-attr]
            "find_contact: TypeError: it did not return a sequence of Contact"
        )


async def test_failures_between_successes_do_not_suspend(tmp_path: Path) -> None:
    class Sometimes:
        @hookimpl
        def find_contact(self, number: Number) -> list[Contact]:
            if number == OTHER:
                raise ValueError("no such number")
            return [ADA]

    async with Stage(tmp_path, (Sometimes,), limits=UNHURRIED) as stage:
        for _ in range(10):
            assert stage.dispatcher.find_contacts(OTHER, "alice") == ()
            assert stage.dispatcher.find_contacts(NUMBER, "alice") == (ADA,)
        assert (stage.plugin("sometimes").failures, stage.plugin("sometimes").state.value) == (10, "loaded")


async def test_one_that_hangs_is_given_up_and_suspended(tmp_path: Path) -> None:
    limits = Limits(lookup=0.001, deadline=1, hung=2)
    async with Stage(tmp_path, (Gate,), limits=limits) as stage:
        gate, plugin = stage.implementation("gate"), stage.plugin("gate")
        for text in ("1", "2", "3", "4"):
            stage.dispatcher.find_contacts(Number(text, NumberKind.EXTENSION), "alice")
        await until(lambda: gate.asked == ["1"])
        while not plugin.failures:
            await stage.clock.advance(0.25)
        await until(lambda: gate.asked == ["1", "2"])
        await stage.clock.advance(5)
        assert (plugin.failures, plugin.state.value) == (2, "suspended")
        assert gate.asked == ["1", "2"], "what waits behind the second is not begun"
        assert plugin.reason.endswith("find_contact took longer than 1 s, and 2 such calls have not come back")
        gate.open.set()
        while plugin.state.value != "loaded":  # threads end in their own time, in which the plugin stays suspended
            await stage.clock.advance(60)
        assert stage.found == [], "what was given up tells nothing"
        stage.dispatcher.find_contacts(NUMBER, "alice")
        await until(lambda: stage.found)


async def test_a_coroutine_that_hangs_is_cancelled(tmp_path: Path) -> None:
    class Hangs:
        @hookimpl
        async def find_contact(self) -> list[Contact]:
            await asyncio.Event().wait()
            return [ADA]

    async with Stage(tmp_path, (Hangs,), limits=Limits(deadline=0.01)) as stage:
        stage.dispatcher.find_contacts(NUMBER, "alice")
        await until(lambda: stage.plugin("hangs").failures)
        assert stage.plugin("hangs").last_failure.reason == "find_contact took longer than 0.01 s"  # type: ignore[union-attr]
        assert stage.found == []


async def test_one_with_too_many_tasks_fails_alone(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Task,)) as stage:
        stage.context("task")._most_tasks = 0
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == ()
        assert stage.plugin("task").failures == 1


async def test_nothing_is_told_after_the_end(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Gate,), limits=Limits(lookup=0.001)) as stage:
        gate = stage.implementation("gate")
        stage.dispatcher.find_contacts(NUMBER, "alice")
        await stage.dispatcher.stop()
        gate.open.set()
        assert stage.dispatcher.find_contacts(NUMBER, "alice") == ()
        await until(lambda: "plugin gate: find_contact" not in {thread.name for thread in threading.enumerate()})
        await asyncio.sleep(0)
    assert stage.found == []
