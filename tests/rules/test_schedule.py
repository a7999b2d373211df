from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from at_work import at_work
from pydantic import BaseModel

from hub.rules.parts import Action, Done
from hub.rules.schedule import Schedule
from hub.rules.template import TextTemplate
from hub.rules.ticking import Ticker

if TYPE_CHECKING:
    from pathlib import Path

    from hub.rules.parts import Job

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def schedule(**given: Any) -> Schedule:
    return Schedule.model_validate(given)


def dues(of: Schedule, start: datetime, count: int, zone: Any = UTC) -> list[str]:
    found = []
    for _ in range(count):
        start = of.next_after(start, zone)
        found.append(f"{start.astimezone(zone):%a %H:%M}")
    return found


@pytest.mark.feature("RULE-03")
def test_when_a_schedule_is_due() -> None:
    assert dues(schedule(at="08:30"), MONDAY, 2) == ["Tue 08:30", "Wed 08:30"]
    assert dues(schedule(at=["13:00", "12:00"]), MONDAY, 3) == ["Mon 13:00", "Tue 12:00", "Tue 13:00"]
    assert dues(schedule(at="08:30", weekdays=["fri-sat", "tue"]), MONDAY, 4) == [
        "Tue 08:30", "Fri 08:30", "Sat 08:30", "Tue 08:30",
    ]  # fmt: skip
    assert dues(schedule(every="45"), MONDAY, 3) == ["Mon 12:45", "Mon 13:30", "Mon 14:15"]
    assert dues(schedule(every=720, weekdays="wed"), MONDAY, 3) == ["Wed 00:00", "Wed 12:00", "Wed 00:00"]
    assert dues(schedule(at="00:30"), MONDAY, 1, BERLIN) == ["Tue 00:30"]


def test_when_clocks_change() -> None:
    spring = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # in the night, 02:00 to 03:00 does not exist
    assert dues(schedule(at="02:30"), spring, 2, BERLIN) == ["Sun 03:30", "Mon 02:30"]
    autumn = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)  # and here it comes twice
    assert dues(schedule(at="02:30"), autumn, 2, BERLIN) == ["Sun 02:30", "Mon 02:30"]


class Hands:
    """A clock whose hands a test turns."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.sleeping = asyncio.Event()
        self._turned = asyncio.Event()

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        until = self.at + timedelta(seconds=seconds)
        while self.at < until:
            self._turned.clear()
            self.sleeping.set()
            await self._turned.wait()

    async def turn(self, to: datetime) -> None:
        """Set the hands, once somebody looks at them, and let everybody see."""
        await self.sleeping.wait()
        self.sleeping.clear()
        self.at = to
        self._turned.set()


def ticking(start: datetime) -> tuple[Hands, Ticker, list[datetime]]:
    hands, told = Hands(start), []
    ticker = Ticker(hands, UTC, lambda _due, at: told.append(at))
    return hands, ticker, told


@pytest.mark.feature("RULE-03")
def test_each_time_is_told_once() -> None:
    hands, ticker, told = ticking(MONDAY)
    ticker.use(frozenset({schedule(every=10)}))
    for seconds in range(0, 3600, 7):
        hands.at = MONDAY + timedelta(seconds=seconds)
        ticker.tick()
    assert told == [MONDAY + timedelta(minutes=minutes) for minutes in range(10, 60, 10)]


@pytest.mark.feature("RULE-03")
def test_a_jump_forward_tells_the_latest_and_nothing_old() -> None:
    hands, ticker, told = ticking(MONDAY)
    ticker.use(frozenset({schedule(every=10), schedule(at="12:05")}))
    hands.at = MONDAY + timedelta(minutes=45)
    ticker.tick()
    assert told == [MONDAY + timedelta(minutes=5), MONDAY + timedelta(minutes=40)]
    hands.at = MONDAY + timedelta(days=3, minutes=7)
    ticker.tick()
    assert told[2:] == [MONDAY + timedelta(days=3), MONDAY + timedelta(days=3, minutes=5)]


def test_a_jump_back_tells_nothing_old() -> None:
    hands, ticker, told = ticking(MONDAY)
    ticker.use(frozenset({schedule(every=10)}))
    hands.at = MONDAY - timedelta(days=1)
    ticker.tick()
    assert told == []
    hands.at += timedelta(minutes=10)
    ticker.tick()
    assert told == [MONDAY - timedelta(days=1) + timedelta(minutes=10)]


class Value(BaseModel):
    text: TextTemplate


async def _say(value: Value, job: Job) -> Done:
    return Done(job.expand(value.text))


SAY = Action(name="say", value=Value, run=_say, doc="", short="text")


@pytest.mark.feature("RULE-03", "RULE-08")
async def test_a_rule_by_the_clock_acts_once_for_each_time_even_after_a_jump_back(tmp_path: Path) -> None:
    hands = Hands(MONDAY)
    rule = (
        "{on: {schedule: {at: '12:30', weekdays: mon-fri}}, do: {say: '{{ now.strftime(\"%A %H:%M\") }} {{ user }}'}}"
    )
    async with at_work(tmp_path, {"a.yaml": rule}, parts=[SAY], clock=hands) as work:
        await hands.turn(MONDAY + timedelta(minutes=29))
        await hands.turn(MONDAY + timedelta(minutes=31))
        await work.until(lambda: work.done)
        await hands.turn(MONDAY + timedelta(minutes=29))
        await hands.turn(MONDAY + timedelta(minutes=32))
        await hands.sleeping.wait()
        await work.rules.settled()
        assert [each.detail for each in await work.history()] == ["Monday 12:30 alice"]
