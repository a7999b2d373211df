from __future__ import annotations

import dataclasses

import pytest
from offices import ANSWERING, JANE, SUPPORT, Desk, office

from hub.core.boards import AppearanceKind, LineState
from hub.core.call import CallState, Cause, HoldKind
from hub.core.signals import Kind
from hub.phone.commands import (
    AnswerLeg,
    ChooseAppearance,
    DialNumber,
    EndLeg,
    HoldLeg,
    MuteLeg,
    ResumeLeg,
    ResumeShared,
    SetDnd,
)
from hub.sim.exchange.journal import LegTold
from hub.sim.exchange.office import Appearance, Office, Ring, Route, Who
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_boards import WireAppearance, WireAppearances

SALES = "Sales"
SHARED = Appearance(SALES, AppearanceKind.SHARED)
MOBILE = Appearance("Mobile", AppearanceKind.BLUETOOTH)
DOOR = Appearance("Door", AppearanceKind.INTERCOM)
SALES_NUMBER = "+15855550109"
MOBILE_NUMBER = "+15855550170"


def shared_office() -> Office:
    """The test office, with Sales on the first handsets of Alice and Bob, and two keys more at Alice's."""
    of = office()
    users = dict(of.users)
    for name, more in (("alice", (SHARED, MOBILE, DOOR)), ("bob", (SHARED,))):
        first, *others = users[name].handsets
        keyed = dataclasses.replace(first, appearances=(*first.appearances[:2], *more))
        users[name] = dataclasses.replace(users[name], handsets=(keyed, *others))
    routes = (*of.routes, Route(Who(SALES_NUMBER, "Sales"), (Ring(SALES, 60),)))
    return dataclasses.replace(of, users=users, routes=routes)


@pytest.fixture
def desk() -> Desk:
    return Desk(shared_office())


def key(desk: Desk, user: str, name: str) -> WireAppearance:
    (board,) = (one for one in desk.exchange.snapshot(desk.now, user).boards if isinstance(one, WireAppearances))
    (found,) = (one for one in board.appearances if one.name == name and one.device.endswith("desk"))
    return found


def sales(desk: Desk, user: str) -> tuple[LineState | None, str]:
    found = key(desk, user, SALES)
    return found.state, found.by


def talking_on_sales(desk: Desk) -> str:
    """Let Jane call Sales and Alice answer; return Alice's leg."""
    desk.ring(SALES_NUMBER)
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    return leg


def test_calls_take_the_keys_of_a_handset_one_by_one(desk: Desk) -> None:
    desk.ring(SUPPORT)
    assert desk.leg("bob-desk").appearance == "1"
    desk.ring(SUPPORT)
    assert [leg.appearance for leg in desk.exchange.legs("bob")] == ["1", "2"]


def test_a_chosen_key_stays_chosen_and_another_is_taken_while_it_is_in_use(desk: Desk) -> None:
    desk.do("alice", ChooseAppearance(SALES, "alice-desk"))
    assert key(desk, "alice", SALES).chosen
    desk.do("alice", DialNumber(ANSWERING, "alice-desk"))
    assert desk.leg("alice-desk").appearance == SALES
    assert sales(desk, "bob") == (LineState.IN_USE, "Alice")
    desk.wait(10)
    desk.do("alice", DialNumber("102", "alice-desk"))
    assert [leg.appearance for leg in desk.exchange.legs("alice")] == [SALES, "1"]
    for leg in desk.exchange.legs("alice"):
        desk.do("alice", EndLeg(leg.id))
    assert sales(desk, "bob") == (LineState.IDLE, "")
    assert key(desk, "alice", SALES).chosen
    desk.do("alice", ChooseAppearance("", "alice-desk"))
    assert not key(desk, "alice", SALES).chosen


def test_a_dial_names_a_key_or_is_refused_and_says_why(desk: Desk) -> None:
    desk.do("alice", DialNumber(ANSWERING, "alice-desk", "2"))
    assert desk.leg("alice-desk").appearance == "2"
    desk.wait(10)
    for name, number, why in (
        ("2", "102", "2 of alice-desk is in use"),
        ("Nope", "102", "no appearance 'Nope'; it has: 1, 2, Sales, Mobile, Door"),
        ("Mobile", "102", "reaches numbers outside alone"),
    ):
        with pytest.raises(Refused, match=why):
            desk.do("alice", DialNumber(number, "alice-desk", name))


def test_a_call_on_an_intercom_key_is_an_intercom_call(desk: Desk) -> None:
    desk.do("alice", ChooseAppearance("Door", "alice-desk"))
    for command in (DialNumber("102", "alice-desk"), DialNumber("102", "alice-desk", "Door")):
        desk.do("alice", command)
        assert (desk.leg("alice-desk").appearance, desk.leg("alice-desk").intercom) == ("Door", True)
        desk.wait(1)
        assert (desk.leg("bob-desk").state, desk.leg("bob-desk").intercom) == (CallState.CONNECTED, True)
        desk.do("alice", EndLeg(desk.leg("alice-desk").id))
    with pytest.raises(Refused, match="carol-old lacks the capability intercom"):
        desk.do("alice", DialNumber("103", "alice-desk"))


@pytest.mark.parametrize("number", [ANSWERING, "911"])
def test_a_number_outside_takes_a_line_while_an_intercom_key_is_chosen(number: str) -> None:
    of = shared_office()
    first, *others = of.users["alice"].handsets
    without = dataclasses.replace(first, capabilities=first.capabilities - {"intercom"})
    alice = dataclasses.replace(of.users["alice"], handsets=(without, *others))
    desk = Desk(dataclasses.replace(of, users={**of.users, "alice": alice}))
    desk.do("alice", ChooseAppearance("Door", "alice-desk"))
    desk.do("alice", DialNumber(number, "alice-desk"))
    assert (desk.leg("alice-desk").appearance, desk.leg("alice-desk").intercom) == ("1", False)
    desk.do("alice", EndLeg(desk.leg("alice-desk").id))
    with pytest.raises(Refused, match="alice-desk lacks the capability intercom"):
        desk.do("alice", DialNumber("102", "alice-desk"))


def test_a_call_over_the_mobile_takes_no_outside_line_and_extensions_do_not_go_there(desk: Desk) -> None:
    desk.do("alice", ChooseAppearance("Mobile", "alice-desk"))
    desk.do("alice", DialNumber(ANSWERING, "alice-desk"))
    leg = desk.leg("alice-desk")
    assert (leg.appearance, leg.line, leg.internal) == ("Mobile", "", False)
    desk.wait(10)
    assert desk.leg("alice-desk").state is CallState.CONNECTED
    desk.do("alice", EndLeg(leg.id))
    desk.do("alice", DialNumber("102", "alice-desk"))
    assert desk.leg("alice-desk").appearance == "1"


@pytest.mark.feature("CALL-05")
def test_a_shared_appearance_rings_everywhere_and_is_held_for_everybody(desk: Desk) -> None:
    desk.ring(SALES_NUMBER)
    assert {leg.device for leg in desk.exchange.legs() if leg.user} == {"alice-desk", "bob-desk"}
    assert sales(desk, "bob") == (LineState.RINGING, "")
    with pytest.raises(Refused) as refused:
        desk.do("bob", ResumeShared(SALES))
    assert refused.value.code is Code.WRONG_STATE
    desk.ring(SALES_NUMBER)
    assert len({leg.conversation for leg in desk.exchange.legs("bob")}) == 1, "busy, it carries one call"
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    assert desk.legs_told("bob-desk")[-1].cause is Cause.ELSEWHERE
    desk.do("alice", HoldLeg(desk.leg("alice-desk").id))
    assert desk.leg("alice-desk").held is HoldKind.SHARED
    assert sales(desk, "bob") == (LineState.HELD, "Alice")


@pytest.mark.feature("CALL-05")
def test_a_colleague_resumes_what_is_on_shared_hold(desk: Desk) -> None:
    held = talking_on_sales(desk)
    desk.do("alice", HoldLeg(held))
    conversation = desk.leg("alice-desk").conversation
    resumed = desk.do("bob", ResumeShared(SALES))
    leg = desk.leg("bob-desk")
    assert (leg.id, leg.conversation, leg.state) == (resumed, conversation, CallState.CONNECTED)
    assert (leg.party, leg.appearance) == (JANE, SALES)
    last = desk.legs_told("alice-desk")[-1]
    assert (last.leg.id, last.cause) == (held, Cause.ELSEWHERE)
    assert sales(desk, "alice") == (LineState.IN_USE, "Bob")
    desk.do("bob", EndLeg(resumed))
    assert desk.exchange.legs() == ()


@pytest.mark.feature("CALL-05")
def test_private_hold_on_a_shared_appearance_stays_private(desk: Desk) -> None:
    held = talking_on_sales(desk)
    desk.do("alice", HoldLeg(held, HoldKind.PRIVATE))
    assert sales(desk, "bob") == (LineState.IN_USE, "Alice")
    with pytest.raises(Refused, match="only alice-desk can resume"):
        desk.do("bob", ResumeShared(SALES))
    desk.do("alice", ResumeShared(SALES))
    assert desk.leg("alice-desk").state is CallState.CONNECTED


def test_shared_hold_is_for_shared_appearances(desk: Desk) -> None:
    desk.ring(SUPPORT)
    leg = desk.leg("bob-desk").id
    desk.do("bob", AnswerLeg(leg))
    with pytest.raises(Refused, match="1 of bob-desk, which is no shared appearance"):
        desk.do("bob", HoldLeg(leg, HoldKind.SHARED))


def test_the_first_call_goes_on_shared_hold_by_itself_and_comes_back(desk: Desk) -> None:
    held = talking_on_sales(desk)
    desk.do("alice", DialNumber("102", "alice-desk"))
    assert next(leg for leg in desk.exchange.legs("alice") if leg.id == held).held is HoldKind.SHARED
    with pytest.raises(Refused, match="is dialling"):
        desk.do("alice", ResumeShared(SALES))
    desk.do("bob", ResumeShared(SALES))
    assert sales(desk, "alice") == (LineState.IN_USE, "Bob")


def test_a_colleague_inside_is_told_who_took_over(desk: Desk) -> None:
    desk.do("alice", DialNumber("103", "alice-desk", SALES))
    desk.exchange.command(desk.now, "carol", AnswerLeg(desk.leg("carol-old").id), by_hand=True)
    desk.do("alice", HoldLeg(desk.leg("alice-desk").id))
    desk.do("bob", ResumeShared(SALES))
    assert desk.leg("carol-old").party == Who("102", "Bob")
    told = [one for one in desk.told if isinstance(one, LegTold) and one.leg.device == "carol-old"]
    assert told[-1].leg.party == Who("102", "Bob")


def test_nobody_takes_over_a_call_with_themselves(desk: Desk) -> None:
    desk.do("alice", DialNumber("102", appearance=SALES))
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    desk.do("alice", HoldLeg(desk.leg("alice-desk").id))
    with pytest.raises(Refused, match="bob is the other side of the call at Sales"):
        desk.do("bob", ResumeShared(SALES))


@pytest.mark.feature("LINE-01")
def test_a_call_to_the_mobile_rings_at_its_key_though_all_lines_are_taken() -> None:
    of = shared_office()
    first, *others = of.users["alice"].handsets
    keys = tuple(dataclasses.replace(key, number=MOBILE_NUMBER) if key is MOBILE else key for key in first.appearances)
    alice = dataclasses.replace(of.users["alice"], handsets=(dataclasses.replace(first, appearances=keys), *others))
    desk = Desk(dataclasses.replace(of, users={**of.users, "alice": alice}, lines=()))
    caller = desk.ring(MOBILE_NUMBER)
    leg = desk.leg("alice-desk")
    assert (leg.state, leg.appearance, leg.line, leg.dialled.number) == (
        CallState.ALERTING,
        "Mobile",
        "",
        MOBILE_NUMBER,
    )
    with pytest.raises(Refused, match="the mobile of alice is in a call"):
        desk.ring(MOBILE_NUMBER)
    desk.do("alice", AnswerLeg(leg.id))
    assert desk.leg("alice-desk").state is CallState.CONNECTED
    desk.exchange.hang_up(desk.now, caller)
    assert desk.exchange.legs() == ()
    desk.ring(MOBILE_NUMBER)
    desk.wait(61)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.NO_ANSWER
    desk.do("alice", SetDnd(on=True))
    desk.ring(MOBILE_NUMBER)
    assert desk.exchange.legs("alice") == ()
    desk.wait(61)
    last = desk.exchange.snapshot(desk.now, "alice").ended[-1]
    assert (last.kind, last.leg.party.number, desk.exchange.legs()) == (Kind.DIVERTED, JANE.number, ())


@pytest.mark.parametrize(
    ("user", "command", "why"),
    [
        ("bob", ResumeShared("Nope"), "no handset of bob has the shared appearance 'Nope'"),
        ("bob", ResumeShared("1", "bob-desk"), "bob-desk has no shared appearance '1'"),
        ("bob", ResumeShared(SALES), "nothing is on hold at Sales"),
        ("carol", ResumeShared(SALES), "carol-old lacks the capability resume_shared"),
        ("carol", ChooseAppearance("1"), "carol-old lacks the capability appearance"),
        ("nobody", ChooseAppearance("1"), "nobody has no handset"),
        ("alice", ChooseAppearance("Nope"), "alice-desk has no appearance 'Nope'"),
    ],
)
def test_what_cannot_be_done_with_a_key_is_refused(desk: Desk, user: str, command: ResumeShared, why: str) -> None:
    with pytest.raises(Refused, match=why):
        desk.do(user, command)
    assert desk.told == []


def test_a_refusal_names_every_handset_that_lacks_it() -> None:
    of = office()
    poor = tuple(
        dataclasses.replace(one, capabilities=frozenset({"dial"}), model="D1" if one.id == "alice-desk" else "")
        for one in of.users["alice"].handsets
    )
    users = {**of.users, "alice": dataclasses.replace(of.users["alice"], handsets=poor)}
    desk = Desk(dataclasses.replace(of, users=users))
    with pytest.raises(Refused, match=r"^alice-desk \(D1\) and alice-cordless lack the capability appearance$"):
        desk.do("alice", ChooseAppearance(""))
    desk.ring()
    with pytest.raises(Refused, match=r"^alice-desk \(D1\) lacks the capability mute$"):
        desk.do("alice", MuteLeg(desk.leg("alice-desk").id, on=True))
    with pytest.raises(Refused, match="lacks the capability resume"):
        desk.do("alice", ResumeLeg(desk.leg("alice-desk").id))
