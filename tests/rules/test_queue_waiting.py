from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from facts_of import ringing

from hub.core.queue_boards import Distribution, Queues, QueueStatus
from hub.errors import UserError
from hub.events import PhoneChanged, QueuesChanged
from hub.rules.parts import Facts
from hub.rules.queue_waiting import Lookout, QueueWaiting, Threshold
from hub.rules.queue_watching import QueueWatcher
from hub.sim import scenario
from hub.sim.samples import sample_scenario
from hub.testing.clock import VirtualClock
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
THREE = Threshold.model_validate({"waiting": "3"})
MINUTE = Threshold.model_validate({"longest": "60", "queue": "supp*"})
SUPPORT = QueueStatus(
    name="Support",
    description="",
    extension="700",
    distribution=Distribution.LINEAR,
    agents=1,
    waiting=0,
    waiting_since=None,
    signed_in=True,
    supervises=False,
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def board(waiting: int, since: float | None = None, name: str = "Support") -> Queues:
    return Queues(
        queues=(replace(SUPPORT, name=name, waiting=waiting, waiting_since=None if since is None else at(since)),)
    )


def test_each_crossing_is_told_once() -> None:
    lookout, told = Lookout(), []
    for second, waiting in enumerate((2, 3, 4, 3, 2, 3, 0, 5)):
        lookout.see("alice", board(waiting, 0))
        told += [(event.at, event.waiting) for event in lookout.look(frozenset({THREE}), at(second))]
    assert told == [(at(1), 3), (at(5), 3), (at(7), 5)]


def test_what_is_over_at_the_first_look_is_no_news() -> None:
    lookout = Lookout()
    lookout.see("alice", board(9, 0))
    assert lookout.look(frozenset({THREE, MINUTE}), at(100)) == []
    lookout.see("alice", board(0))
    assert lookout.look(frozenset({THREE, MINUTE}), at(101)) == []
    lookout.see("alice", board(3, 102))
    assert [event.due for event in lookout.look(frozenset({THREE, MINUTE}), at(102))] == [frozenset({THREE})]


def test_a_long_wait_is_due_by_the_clock_and_at_its_own_time() -> None:
    lookout = Lookout()
    lookout.see("alice", board(0))
    lookout.look(frozenset({MINUTE}), at(0))
    lookout.see("alice", board(1, 5))
    assert lookout.next_due(frozenset({THREE, MINUTE}), at(6)) == at(65)
    assert lookout.look(frozenset({MINUTE}), at(64.9)) == []
    (event,) = lookout.look(frozenset({MINUTE}), at(66))
    assert (event.at, event.longest, event.user) == (at(65), 61, "alice")
    assert event.key == f"alice:queue_waiting:{at(65).isoformat()}:Support"
    assert lookout.look(frozenset({MINUTE}), at(900)) == []
    assert lookout.next_due(frozenset({MINUTE}), at(66)) is None
    lookout.see("alice", board(1, 70))
    assert lookout.look(frozenset({MINUTE}), at(71)) == []
    assert [event.at for event in lookout.look(frozenset({MINUTE}), at(130))] == [at(130)]


def test_other_queues_are_none_of_its_business() -> None:
    lookout = Lookout()
    for waiting in (0, 9):
        lookout.see("alice", board(waiting, 0, "Orders"))
        assert lookout.look(frozenset({MINUTE}), at(500)) == []


async def test_the_watcher_wakes_by_the_clock_and_knows_nothing_while_the_connection_is_lost() -> None:
    clock, told = VirtualClock(NOON), []
    stands = {"alice": board(0)}
    watcher = QueueWatcher(clock, stands.get, told.append)
    watcher.use(frozenset({MINUTE}))
    running = asyncio.create_task(watcher.run())
    about: dict[str, Any] = {"seq": 1, "at": NOON, "user": "alice"}
    try:
        watcher.consume(PhoneChanged(**about, state="connected"))
        watcher.consume(QueuesChanged(**about, now=board(1, 0)))
        await clock.advance(59)
        assert told == []
        await clock.advance(2)
        assert [event.at for event in told] == [at(60)]
        watcher.consume(QueuesChanged(**about, now=board(0)))
        watcher.consume(QueuesChanged(**about, now=board(1, 61)))
        watcher.consume(PhoneChanged(**about, state="lost"))
        await clock.advance(100)
        assert len(told) == 1
        stands["alice"] = board(1, 61)
        watcher.consume(PhoneChanged(**about, state="connected"))
        assert [event.at for event in told] == [at(60), at(121)]
    finally:
        running.cancel()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{queue_waiting: {waiting: 3, longest: 60}}", "either"),
        ("{queue_waiting: {queue: Support}}", "either"),
        ("{queue_waiting: {waiting: 0}}", "waiting"),
        ("{queue_waiting: {longest: soon}}", "longest"),
        ("queue_waiting", "queue_waiting"),
    ],
)
def test_what_is_no_threshold_is_told(load: Callable[..., Any], value: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        load(f"on: {value}\ndo: {{set_dnd: off}}\n")


def test_the_queue_condition_holds_for_queues_and_for_their_calls(fires: Callable[..., bool]) -> None:
    rule = "on: [ring, {queue_waiting: {waiting: 3}}]\nwhen: {queue: support}\ndo: {set_dnd: off}\n"
    for name, holds in (("Support", True), ("Orders", False)):
        event = QueueWaiting(seq=1, at=NOON, user="alice", queue=name, waiting=3, longest=1, due=frozenset({THREE}))
        assert fires(rule, Facts(event, None)) is holds
        assert fires(rule, ringing(queue=name)) is holds


RULES = """\
- name: many
  on: {queue_waiting: {queue: Support, waiting: 2}}
  do: {run: ["true", "many {{ waiting }} in {{ queue }}"]}
- name: long
  on: {queue_waiting: {longest: 1}}
  when: {queue: support}
  do: {run: ["true", "long in {{ queue }}, {{ waiting }} wait"]}
- name: from a queue
  on: ring
  when: {queue: Support}
  do: {note: "through {{ queue }}"}
"""


@pytest.mark.feature("QUEUE-08", "RULE-03", "RULE-04")
async def test_a_rule_acts_once_when_too_many_wait_or_somebody_too_long(tmp_path: Path) -> None:
    office = scenario.load(sample_scenario("call-centre.yaml")).office
    async with running_desk(tmp_path, users=["ann"], office=office, rules={"queues.yaml": RULES}) as desk:

        async def call() -> str:
            return desk.office.call(to="+15855550100")

        def done(events: list[Any]) -> list[str]:
            return [event.detail for event in events if event.type == "action_done"]

        taken = await call()
        desk.office.pick_up("cat-desk")
        first = await call()
        details = await desk.events.until(done)
        assert any("long in Support, 1 wait" in detail for detail in details), "by the clock: no board has changed"
        second = await call()
        await desk.events.until(lambda events: len(done(events)) == 2)
        third = await call()
        desk.office.hang_up(third)
        assert "many 2 in Support" in done(desk.events.all)[1]
        desk.office.hang_up(second)
        fourth = await call()
        await desk.events.until(lambda events: len(done(events)) == 3)
        for leg in (first, fourth, taken):
            desk.office.hang_up(leg)
        await desk.settled()
        told = sorted(done(desk.events.all))
        assert [part for detail in told for part in ("long in", "many 2 in") if part in detail] == [
            "long in", "many 2 in", "many 2 in",
        ]  # fmt: skip
