"""Random sources, hands and outages against a user's steward: what colleagues see is what the rules of PRES-02 say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.core.presence import Presence
from hub.core.presence.wishes import PresenceCause, Wish
from hub.events import PhoneChanged, PresenceChanged
from hub.phone.adapter import PhoneError
from hub.presence.standing import Kept, Standing
from hub.presence.steward import Patience, Steward
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

    from hub.store.presences import LoggedChange

SOURCES = st.sampled_from(["diary", "chat", "screen"])
PRESENCES = st.sampled_from([Presence.AT_A_MEETING, Presence.BUSY, Presence.AWAY, Presence.IN_OFFICE])
CAUSES = st.sampled_from([PresenceCause.APPOINTMENT, PresenceCause.LOCKED, PresenceCause.AVAILABILITY])
STRONGEST_FIRST = [PresenceCause.APPOINTMENT, PresenceCause.LOCKED, PresenceCause.AVAILABILITY]
SECONDS = st.integers(1, 300)


@dataclass
class Memory:
    """What remembers."""

    kept: Kept = field(default_factory=Kept)
    log: list[LoggedChange] = field(default_factory=list)

    async def keep_presence(self, user: str, kept: Kept) -> None:  # noqa: ARG002  there is one
        self.kept = kept

    async def log_changes(self, changes: Iterable[LoggedChange]) -> None:
        self.log += changes

    async def changes(self, *_: object, **__: object) -> Sequence[LoggedChange]:
        return self.log


class Handset:
    """A phone and its phone system in one, which can be cut off, and tells of a change before its answer or after."""

    def __init__(self, clock: VirtualClock) -> None:
        self.presence: Presence | None = Presence.IN_OFFICE  # as the hub knows
        self.real = Presence.IN_OFFICE
        self.seen = [Presence.IN_OFFICE]
        self.state = "connected"
        self.capabilities = frozenset({"presence"})
        self.dnd_asked: tuple[bool, str, str] | None = None
        self.tells_late = False
        self.is_deaf = False
        self.asked = 0
        self._clock = clock
        self.steward: Steward

    async def set_presence(self, presence: Presence) -> None:
        self.asked += 1
        if self.state != "connected":
            raise PhoneError("cut off", "not_connected")
        if self.is_deaf:
            raise PhoneError("not now", "refused")
        if self.tells_late:
            asyncio.get_running_loop().call_soon(self.becomes, presence)
        else:
            self.becomes(presence)

    def becomes(self, presence: Presence) -> None:
        if presence is self.real:
            return
        self.real = presence
        self.seen.append(presence)
        if self.state == "connected":
            self._tell(presence, inferred=False)

    def _tell(self, presence: Presence, *, inferred: bool) -> None:
        before, self.presence = self.presence, presence
        if before is not presence:
            now = self._clock.now()
            self.steward.consume(
                PresenceChanged(seq=1, at=now, user="alice", presence=presence, before=before, inferred=inferred)
            )

    def connect(self) -> None:
        self._tell(self.real, inferred=True)
        self.state = "connected"
        self.steward.consume(PhoneChanged(seq=1, at=self._clock.now(), user="alice", state="connected"))


class Desk(RuleBasedStateMachine):
    """The steward, and beside it what a person would say should be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock()
        self.phone = Handset(self.clock)
        self.wishes: dict[str, tuple[PresenceCause, Presence, datetime, datetime | None]] = {}
        self.by_hand = (Presence.IN_OFFICE, datetime(2000, 1, 1, tzinfo=UTC))

    @initialize(late=st.booleans())
    def begin(self, late: bool) -> None:  # noqa: FBT001  drawn
        self.phone.tells_late = late
        self.steward = self.phone.steward = Steward(
            "alice", self.phone, Standing(Kept()), Memory(), self.clock, UTC,
            told=lambda _change: None, patience=Patience(gather=0, look=60),
        )  # fmt: skip
        self.do(self._begin())

    async def _begin(self) -> None:
        self.steward.start()
        self.phone.connect()

    def do(self, work: Awaitable[None]) -> None:
        """Do something and let come of it what comes."""
        asked, seen, before = self.phone.asked, len(self.phone.seen), self.wanted

        async def do() -> None:
            await work
            await self.clock.advance(0)

        self.loop.run_until_complete(do())
        if self.phone.is_deaf or self.phone.state != "connected":
            return
        assert self.phone.asked - asked <= 2, "it asks again and again"
        assert len(self.phone.seen) - seen <= 1 + (before is not self.wanted), "it flickers"

    @property
    def wanted(self) -> Presence:
        """What should be seen, thought through in the plainest way."""
        now = self.clock.now()
        holding = [
            wish
            for wish in self.wishes.values()
            if wish[2] <= now and (wish[3] is None or now < wish[3]) and wish[2] > self.by_hand[1]
        ]
        for cause in STRONGEST_FIRST:
            if same := [wish for wish in holding if wish[0] is cause]:
                newest = max(wish[2] for wish in same)
                names = [name for name, wish in self.wishes.items() if wish in same and wish[2] == newest]
                return self.wishes[max(names)][1]
        return self.by_hand[0]

    async def _tick(self) -> None:
        """No two things happen at the same instant."""
        await self.clock.advance(0.001)

    @rule(source=SOURCES, cause=CAUSES, presence=PRESENCES, seconds=st.none() | SECONDS, later=st.just(0) | SECONDS)
    def wish(self, source: str, cause: PresenceCause, presence: Presence, seconds: int | None, later: int) -> None:
        self.do(self._tick())
        since = self.clock.now() + timedelta(seconds=later)
        until = since + timedelta(seconds=seconds) if seconds else None

        async def wish() -> None:
            self.wishes[source] = cause, presence, since, until
            told = Wish(source=source, cause=cause, presence=presence, since=since, until=until)
            self.steward.wish(told, dated=True)

        self.do(wish())

    @rule(source=SOURCES)
    def release(self, source: str) -> None:
        async def release() -> None:
            self.wishes.pop(source, None)
            self.steward.release(source)

        self.do(release())

    @rule(source=SOURCES, other=SOURCES, presence=PRESENCES)
    def hand_over(self, source: str, other: str, presence: Presence) -> None:
        """One source lets go and another begins, in one turn of the loop."""
        self.do(self._tick())
        since = self.clock.now()

        async def hand_over() -> None:
            self.wishes.pop(source, None)
            self.steward.release(source)
            self.wishes[other] = PresenceCause.APPOINTMENT, presence, since, None
            told = Wish(source=other, cause=PresenceCause.APPOINTMENT, presence=presence, since=since)
            self.steward.wish(told, dated=True)

        self.do(hand_over())

    @rule(presence=PRESENCES)
    def at_the_handset(self, presence: Presence) -> None:
        self.do(self._tick())

        async def change() -> None:
            if presence is not self.phone.real:  # else nobody can tell
                self.by_hand = presence, self.clock.now()
                self.phone.becomes(presence)

        if self.phone.state == "connected":
            self.do(change())

    @rule(presence=PRESENCES)
    def at_the_computer(self, presence: Presence) -> None:
        self.do(self._tick())

        async def change() -> None:
            self.by_hand = presence, self.clock.now()
            await self.steward.set_by_hand(presence)

        self.do(change())

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        edges = sorted(
            {at for wish in self.wishes.values() for at in wish[2:] if at and self.clock.now() < at <= until}
        )
        for edge in edges:  # each change by itself, so that what is seen can be compared after it
            self.do(self.clock.advance((edge - self.clock.now()).total_seconds()))
        self.do(self.clock.advance(max(0.0, (until - self.clock.now()).total_seconds())))

    @precondition(lambda self: self.phone.state == "connected")
    @rule()
    def cut_off(self) -> None:
        self.phone.state = "lost"

    @precondition(lambda self: self.phone.state != "connected")
    @rule(changed=st.none() | PRESENCES)
    def come_back(self, changed: Presence | None) -> None:
        self.do(self._tick())

        async def connect() -> None:
            if changed is not None and changed is not self.phone.real:
                self.phone.real = changed
                self.phone.seen.append(changed)
                self.by_hand = changed, self.clock.now()
            self.phone.connect()

        self.do(connect())

    @rule()
    def refuse_for_a_while(self) -> None:
        self.phone.is_deaf = True
        self.do(self.clock.advance(5))
        self.phone.is_deaf = False
        self.do(self.clock.advance(31))

    @rule()
    def all_let_go(self) -> None:
        """What stood before the first of them returns."""

        async def let_go() -> None:
            for source in tuple(self.wishes):
                self.steward.release(source)
            self.wishes.clear()

        self.do(let_go())
        if self.phone.state == "connected":
            assert self.phone.real is self.by_hand[0]

    @invariant()
    def colleagues_see_what_they_should(self) -> None:
        if hasattr(self, "steward") and self.phone.state == "connected":
            assert self.phone.real is self.wanted, self.steward.view

    def teardown(self) -> None:
        async def stop() -> None:
            stopping = asyncio.ensure_future(self.steward.stop())
            await self.clock.advance(0)
            await stopping
            if self.phone.state == "connected":
                assert self.phone.real is self.by_hand[0], "what was set for this run is given back"

        if hasattr(self, "steward"):
            self.loop.run_until_complete(stop())
        self.loop.close()


Desk.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_any_desk = pytest.mark.feature("PRES-02", "PRES-03", "PRES-06")(pytest.mark.timeout(180)(Desk.TestCase))
