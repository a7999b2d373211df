"""What a presence rests on, at its edges: clocks that are set, echoes, what is remembered."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.core.presence import Presence
from hub.core.presence.wishes import Manual, PresenceCause, Wish
from hub.events import PhoneChanged, PresenceChanged
from hub.phone.adapter import PhoneError
from hub.presence.standing import EPOCH, Change, Kept, Standing
from hub.presence.steward import Patience, Steward
from hub.store.store import LoggedChange, Store
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE, MEETING, BUSY, AWAY = Presence.IN_OFFICE, Presence.AT_A_MEETING, Presence.BUSY, Presence.AWAY


def wish(presence: Presence, since: datetime, source: str = "diary", **more: Any) -> Wish:
    return Wish(
        source=source, cause=more.pop("cause", PresenceCause.APPOINTMENT), presence=presence, since=since, **more
    )


def standing(**more: Any) -> Standing:
    made = Standing(Kept(**more))
    made.sees(OFFICE, NOON, 0.0, anew=True)
    return made


def decided(of: Standing, now: datetime) -> Presence:
    decision = of.decide(now)
    assert decision is not None
    return decision.now.presence


@pytest.mark.feature("PRES-02", "PRES-03")
def test_when_the_clock_is_put_back_what_was_before_is_still_before() -> None:
    stands = standing()
    stands.look(NOON, 0.0)
    stands.wish(wish(MEETING, NOON), dated=False)
    stands.look(NOON + MINUTE, 60.0)
    stands.set_by_hand(AWAY, NOON + MINUTE)
    stands.look(NOON + 2 * MINUTE, 120.0)
    stands.wish(wish(BUSY, NOON + 2 * MINUTE, "chat", cause=PresenceCause.AVAILABILITY), dated=False)
    now = NOON + 3 * MINUTE - HOUR
    stands.look(now, 180.0)
    assert decided(stands, now) is BUSY, "it is newer than the hand"
    stands.release("chat")
    assert decided(stands, now) is AWAY, "the hand is newer than the appointment"


@pytest.mark.feature("PRES-02")
def test_a_change_by_hand_in_the_future_is_now() -> None:
    stands = Standing(Kept(manual=Manual(AWAY, NOON + HOUR), shown=AWAY))
    stands.look(NOON, 0.0)
    assert stands.manual == Manual(AWAY, NOON)
    stands.wish(wish(MEETING, NOON + MINUTE), dated=True)
    assert decided(stands, NOON + MINUTE) is MEETING


def test_an_echo_is_no_hand_but_the_same_much_later_is() -> None:
    stands = standing()
    stands.asking(BUSY, "rule", "10.yaml", 100.0)
    assert stands.sees(BUSY, NOON, 101.0, anew=False) == Change(OFFICE, BUSY, "rule", "10.yaml")
    assert stands.done(BUSY) is None, "it is known already"
    assert stands.manual == Manual(OFFICE, EPOCH)
    stands.asking(AWAY, "rule", "", 200.0)
    assert stands.sees(AWAY, NOON, 300.0, anew=False) == Change(BUSY, AWAY, "phone")
    assert stands.manual == Manual(AWAY, NOON)


def test_what_was_asked_before_a_pause_may_have_come_about() -> None:
    stands = Standing(Kept(manual=Manual(OFFICE, EPOCH), shown=OFFICE, asked=MEETING))
    assert stands.sees(MEETING, NOON, 9999.0, anew=True) == Change(OFFICE, MEETING, "", "")
    assert stands.manual == Manual(OFFICE, EPOCH)
    assert stands.kept.asked is None


@pytest.mark.feature("RULE-05")
def test_a_rule_has_its_say_until_a_hand_has() -> None:
    stands = standing()
    stands.wish(wish(BUSY, NOON, "hub.rules", cause=PresenceCause.RULE), dated=True)
    stands.wish(wish(MEETING, NOON), dated=True)
    assert decided(stands, NOON) is BUSY
    assert [kept.source for kept in stands.kept.wishes] == ["hub.rules"], "nobody else tells it again"
    stands.set_by_hand(AWAY, NOON + MINUTE)
    assert stands.kept.wishes == ()
    assert decided(stands, NOON + MINUTE) is AWAY


async def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    until = NOON + HOUR
    rule = wish(BUSY, NOON, "hub.rules", cause=PresenceCause.RULE, until=until, reason="10.yaml")
    full = Kept(manual=Manual(AWAY, NOON), shown=BUSY, asked=BUSY, wishes=(rule,))
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    await store.open()
    assert await store.kept_presence("alice") == Kept()
    for kept in (full, Kept(), full):
        await store.keep_presence("alice", kept)
        assert await store.kept_presence("alice") == kept
    assert await store.kept_presence("bob") == Kept()
    await store.close()


@pytest.mark.feature("PRES-05")
async def test_changes_are_kept_for_thirty_days(tmp_path: Path) -> None:
    clock = VirtualClock()
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}", clock=clock)
    await store.open()

    async def log(now: str) -> None:
        change = LoggedChange(
            at=clock.now(), user="alice", kind="presence", before="busy", now=now, source="hand", reason=""
        )
        await store.log_changes([change])

    async def kept() -> list[str]:
        return [change.now for change in await store.changes("alice")]

    await log("away")
    await clock.advance(29 * 24 * 3600)
    await log("at_home")
    assert await kept() == ["at_home", "away"]
    await clock.advance(2 * 24 * 3600)
    assert await kept() == ["at_home"], "what is too old is told no more"
    await log("in_office")
    await store.close()
    with closing(sqlite3.connect(tmp_path / "hub.db")) as file:
        rows = file.execute("SELECT now FROM presence_log ORDER BY at").fetchall()
    assert rows == [("at_home",), ("in_office",)], "and is gone with the next change"


@dataclass
class SetClock(VirtualClock):
    """A clock that somebody sets, or a computer that sleeps: the wall's hands jump, the others do not."""

    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        super().__init__()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Handset:
    """A phone that does what it is asked, or refuses."""

    def __init__(self, clock: VirtualClock) -> None:
        self.presence: Presence | None = OFFICE
        self.state = "connected"
        self.capabilities = frozenset({"presence"})
        self.dnd_asked = None
        self.refusal = ""
        self.asked: list[Presence] = []
        self._clock = clock
        self.steward: Steward

    async def set_presence(self, presence: Presence) -> None:
        self.asked.append(presence)
        if self.refusal:
            raise PhoneError(self.refusal)
        before, self.presence = self.presence, presence
        now = self._clock.now()
        self.steward.consume(PresenceChanged(seq=1, at=now, user="alice", presence=presence, before=before))


class Forgetful:
    """What remembers nothing."""

    async def keep_presence(self, *_: Any) -> None: ...
    async def log_changes(self, *_: Any) -> None: ...
    async def changes(self, *_: Any, **__: Any) -> list[Any]:
        return []


@pytest.fixture
async def desk() -> Any:
    clock = SetClock()
    phone = Handset(clock)
    phone.steward = Steward(
        "alice", phone, Standing(Kept()), Forgetful(), clock, UTC,
        told=lambda _change: None, patience=Patience(gather=0),
    )  # fmt: skip
    phone.steward.start()
    phone.steward.consume(PhoneChanged(seq=1, at=clock.now(), user="alice", state="connected"))
    await clock.advance(0)
    yield clock, phone
    stopping = asyncio.ensure_future(phone.steward.stop())
    await clock.advance(0)
    await stopping


@pytest.mark.feature("PRES-02", "PRES-03")
async def test_an_end_is_noticed_within_a_second_though_the_computer_slept(desk: tuple[SetClock, Handset]) -> None:
    clock, phone = desk
    now = clock.now()
    phone.steward.wish(wish(MEETING, now, until=now + HOUR), dated=True)
    phone.steward.wish(wish(BUSY, now + 2 * HOUR, "next"), dated=True)
    await clock.advance(0)
    assert phone.presence is MEETING
    clock.ahead += HOUR
    await clock.advance(1)
    assert phone.presence is OFFICE
    clock.ahead += HOUR
    await clock.advance(1)
    assert phone.presence is BUSY
    assert phone.asked == [MEETING, OFFICE, BUSY]


@pytest.mark.feature("PRES-01")
async def test_what_is_refused_is_told_once_and_tried_again_now_and_then(
    desk: tuple[SetClock, Handset], caplog: pytest.LogCaptureFixture
) -> None:
    clock, phone = desk
    phone.refusal = "not today"
    phone.steward.wish(wish(MEETING, clock.now()), dated=True)
    await clock.advance(95)
    assert phone.asked == [MEETING] * 4
    assert phone.steward.view.trouble == "not today"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    phone.refusal = ""
    await clock.advance(30)
    assert (phone.presence, phone.steward.view.trouble) == (MEETING, "")


async def test_a_phone_that_knows_no_presence_is_not_asked(desk: tuple[SetClock, Handset]) -> None:
    clock, phone = desk
    phone.capabilities = frozenset()
    phone.steward.wish(wish(MEETING, clock.now()), dated=True)
    await clock.advance(100)
    assert phone.asked == []
    assert phone.steward.view.trouble == "the phone system or the handset knows no presence"
