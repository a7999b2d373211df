from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from offices import ANSWERING, JANE, MAIN, NOON, Desk, adapter, office, user

from hub.core.colleagues import Lamp
from hub.core.presence import Presence
from hub.core.signals import ColleaguesSignal
from hub.phone.commands import AnswerLeg, DialNumber, EndLeg, HoldLeg, SetDnd, SetPresence
from hub.sim.exchange.exchange import Exchange
from hub.sim.exchange.office import Handset
from hub.sim.server import SimServer
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.journal import ColleaguesTold
    from hub.sim.exchange.office import Office

pytestmark = pytest.mark.feature("CON-04")


class Lamps(Desk):
    """A desk that remembers what is told of colleagues, too."""

    def __init__(self, of: Office | None = None) -> None:
        super().__init__(of)
        self.all: list[ColleaguesTold] = []
        self.exchange = Exchange(of or office(), epoch="boot", tell=self.told.append, tell_all=self.all.append)

    def lamp(self, name: str) -> tuple[Lamp, datetime | None]:
        """What carol sees, once all has been told."""
        self.wait(1)
        seen = self.exchange.colleagues.seen_by("carol")
        assert seen is not None
        (found,) = (one for one in seen if one.user == name)
        return found.lamp, found.since


@pytest.fixture
def desk() -> Lamps:
    return Lamps()


def test_a_lamp_shows_what_its_user_is_doing(desk: Lamps) -> None:
    assert desk.lamp("alice") == (Lamp.IDLE, None)
    desk.ring()
    assert desk.lamp("alice") == (Lamp.RINGING, None)
    assert desk.lamp("bob") == (Lamp.IDLE, None)
    first = desk.leg("alice-desk").id
    answered = desk.now
    desk.do("alice", AnswerLeg(first))
    assert desk.lamp("alice") == (Lamp.ON_CALL, answered)
    desk.do("alice", HoldLeg(first))
    desk.ring()
    assert desk.lamp("alice") == (Lamp.ON_CALL, answered)
    desk.do("alice", SetDnd(on=True))
    desk.do("alice", EndLeg(first))
    for leg in desk.exchange.legs("alice"):
        desk.do("alice", EndLeg(leg.id))
    assert desk.lamp("alice") == (Lamp.DND, None)
    desk.do("alice", SetDnd(on=False))
    assert desk.lamp("alice") == (Lamp.IDLE, None)


def test_who_dials_is_on_a_call_that_has_no_duration_yet(desk: Lamps) -> None:
    desk.do("alice", DialNumber(ANSWERING, "alice-desk"))
    assert desk.lamp("alice") == (Lamp.ON_CALL, None)
    desk.wait(3)
    assert desk.lamp("alice") == (Lamp.ON_CALL, NOON + timedelta(seconds=4))


def test_what_happens_in_a_burst_is_told_together_and_as_it_is_in_the_end(desk: Lamps) -> None:
    desk.do("bob", SetPresence(Presence.AWAY))
    assert [told.changed for told in desk.all] == [("bob",)]
    for presence in (Presence.BUSY, Presence.AT_HOME, Presence.AWAY):
        desk.do("bob", SetPresence(presence))
        desk.do("alice", SetPresence(presence))
    desk.do("alice", SetPresence(Presence.BUSY))
    assert len(desk.all) == 1
    assert desk.exchange.next_due == NOON + timedelta(seconds=0.25)
    desk.wait(0.25)
    assert [(told.at, told.changed) for told in desk.all[1:]] == [(desk.now, ("alice",))]
    desk.wait(60)
    assert len(desk.all) == 2
    assert desk.exchange.next_due is None


def test_who_comes_in_the_middle_of_a_burst_misses_nothing(desk: Lamps) -> None:
    desk.do("bob", SetPresence(Presence.AWAY))
    desk.do("bob", SetPresence(Presence.BUSY))
    seen = desk.exchange.snapshot(desk.now, "alice").colleagues
    assert {one.user: one.presence for one in seen or ()}["bob"] is Presence.AWAY
    desk.do("bob", SetPresence(Presence.AWAY))
    desk.wait(1)
    assert len(desk.all) == 1


def test_nobody_sees_who_is_unlisted_and_some_see_nobody() -> None:
    base = office()
    users = {
        **base.users,
        "bob": replace(base.users["bob"], unlisted=True),
        "carol": replace(base.users["carol"], sees_colleagues=False),
    }
    desk = Lamps(replace(base, users=users))
    assert desk.exchange.colleagues.seen_by("carol") is None
    assert {one.user for one in desk.exchange.colleagues.seen_by("alice") or ()} == {"carol", "ten", "nobody"}
    assert {one.user for one in desk.exchange.colleagues.seen_by("bob") or ()} == {"alice", "carol", "ten", "nobody"}
    desk.do("bob", SetDnd(on=True))
    desk.do("bob", DialNumber(ANSWERING))
    desk.wait(10)
    assert desk.all == []


async def test_each_is_told_of_the_others_and_never_who_they_talk_with() -> None:
    base = office()
    users = {**base.users, "carol": replace(base.users["carol"], sees_colleagues=False)}
    async with (
        SimServer(replace(base, users=users)) as server,
        Listener.opened(adapter(server, "alice", handsets=["alice-desk"])) as alice,
        Listener.opened(adapter(server, "bob")) as bob,
        Listener.opened(adapter(server, "carol")) as carol,
    ):
        assert {one.user for one in alice.snapshot.colleagues or ()} == {"bob", "carol", "ten", "nobody"}
        assert carol.snapshot.colleagues is None
        server.exchange.call_in(server.now(), JANE, MAIN)
        assert (await bob.hear_colleague("alice")).lamp is Lamp.RINGING
        await bob.session.do(SetPresence(Presence.BUSY))
        assert (await alice.hear_colleague("bob")).presence is Presence.BUSY
        await carol.session.do(DialNumber(ANSWERING))
        for listener in (alice, bob):
            await listener.hear_colleague("carol", lambda one: one.lamp is Lamp.ON_CALL)
        for name, listener in (("alice", alice), ("bob", bob)):
            told = [signal for signal in listener.heard if isinstance(signal, ColleaguesSignal)]
            assert name not in {one.user for signal in told for one in signal.changed}
            assert "5855" not in repr(told)
        assert not [signal for signal in carol.heard if isinstance(signal, ColleaguesSignal)]


async def test_a_thousand_colleagues_are_told_whole_once_and_then_one_by_one() -> None:
    many = [user(f"user{n}", f"{2000 + n}", Handset(id=f"desk{n}")) for n in range(1000)]
    crowd = replace(office(), users={**office().users, **{one.name: one for one in many}})
    async with SimServer(crowd) as server, Listener.opened(adapter(server, handsets=["alice-desk"])) as alice:
        assert len(alice.snapshot.colleagues or ()) == 1004
        for n in range(1000):
            server.exchange.change_presence(server.now(), f"user{n}", Presence.AWAY)
        await alice.hear_colleague("user999")
        told = [signal for signal in alice.heard if isinstance(signal, ColleaguesSignal)]
        assert sum(len(signal.changed) for signal in told) == 1000
        assert len(told) < 20
