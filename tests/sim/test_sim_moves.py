"""Calls that move: transfers, conferences, orbits, pick-up, handoff, intercom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from offices import ANSWERING, BUSY, GONE, MAIN, SILENT, SUPPORT, Desk, office

from hub.core.call import CallState, Cause, Direction
from hub.core.signals import Kind
from hub.phone.commands import AnswerLeg, ClearCalls, DialNumber, EndLeg, HoldLeg, ResumeLeg, SetDnd
from hub.phone.transfer_commands import (
    CompleteTransfer,
    ConferenceLegs,
    ConsultLeg,
    HandOffLeg,
    IntercomNumber,
    LeaveConference,
    ParkLeg,
    PickUp,
    RetrieveCall,
    TransferLeg,
    VoicemailLeg,
)
from hub.sim.audio.impairments import Impairments
from hub.sim.exchange.call_lists import LENGTH
from hub.sim.exchange.office import FarEnd, Handset, Line, Office, Who
from hub.sim.exchange.refusal import Code, Refused

JANE = Who("+15855551234", "Jane Customer")
BOB, ALICE, CAROL = Who("102", "Bob"), Who("101", "Alice"), Who("103", "Carol")


def staffed() -> Office:
    """The office of the other tests, where carol's handset can do everything."""
    base = office()
    users = dict(base.users)
    users["carol"] = replace(users["carol"], handsets=(Handset(id="carol-old"),))
    return replace(base, users=users, lines=tuple(Line(f"L{n}") for n in range(4)))


@pytest.fixture
def desk() -> Desk:
    return Desk(staffed())


def talking_to_jane(desk: Desk) -> str:
    desk.ring()
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    return leg


def ended(desk: Desk, device: str) -> Cause:
    told = desk.legs_told(device)[-1]
    assert told.kind is Kind.CLEARED
    return told.cause


def test_a_handset_tells_after_a_call_how_its_audio_came() -> None:
    base = staffed()
    users = dict(base.users)
    users["bob"] = replace(
        users["bob"], handsets=tuple(replace(one, statistics=False) for one in users["bob"].handsets)
    )
    desk = Desk(replace(base, users=users, network=Impairments(loss=0.02, jitter=0.03)))
    leg = talking_to_jane(desk)
    assert desk.leg("alice-desk").network is None
    desk.do("alice", EndLeg(leg))
    told = desk.legs_told("alice-desk")[-1].leg.network
    assert (told.codec, told.jitter, told.loss) == ("PCMU", 0.01, 0.02)
    assert 3.9 < told.mos < 4.4
    desk.do("alice", DialNumber("102"))
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    desk.do("bob", EndLeg(desk.leg("bob-desk").id))
    assert desk.legs_told("bob-desk")[-1].leg.network is None
    desk.do("alice", DialNumber("102"))
    desk.do("alice", EndLeg(desk.leg("alice-desk").id))
    assert desk.legs_told("alice-desk")[-1].leg.network is None, "nobody has answered"


def test_a_handset_shows_its_last_calls_until_they_are_cleared(desk: Desk) -> None:
    for _ in range(LENGTH + 1):
        desk.do("alice", EndLeg(talking_to_jane(desk)))
    shown = desk.exchange.call_list("alice-desk")
    assert len(shown) == LENGTH
    assert shown[0].id == desk.legs_told("alice-desk")[-1].leg.id
    with pytest.raises(Refused, match="bob has no handset 'alice-desk'"):
        desk.do("bob", ClearCalls("alice-desk"))
    desk.do("alice", ClearCalls("alice-desk"))
    assert desk.exchange.call_list("alice-desk") == ()


def test_a_blind_transfer_rings_the_target_and_leaves_at_once(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    conversation = desk.leg("alice-desk").conversation
    desk.do("alice", TransferLeg(leg, "102"))
    assert ended(desk, "alice-desk") is Cause.TRANSFERRED
    rung = desk.leg("bob-desk")
    assert (rung.party, rung.conversation, rung.state) == (JANE, conversation, CallState.ALERTING)
    desk.do("bob", AnswerLeg(rung.id))
    assert desk.leg("bob-desk").line == "L0"
    desk.do("bob", EndLeg(rung.id))
    assert desk.exchange.legs() == ()


def test_a_colleague_who_is_sent_on_sees_whom_they_wait_for(desk: Desk) -> None:
    desk.do("alice", DialNumber("102"))
    mine = desk.leg("bob-desk").id
    desk.do("bob", AnswerLeg(mine))
    desk.do("bob", TransferLeg(mine, "103"))
    assert (desk.leg("alice-desk").state, desk.leg("alice-desk").party) == (CallState.CONNECTED, CAROL)
    desk.do("carol", AnswerLeg(desk.leg("carol-old").id))
    assert desk.leg("alice-desk").party == CAROL
    assert desk.leg("carol-old").party == ALICE
    assert Kind.ESTABLISHED not in desk.kinds("alice-desk")[3:]


@pytest.mark.parametrize("target", ["102", BUSY, SILENT, GONE])
def test_a_transfer_that_finds_nobody_comes_back(desk: Desk, target: str) -> None:
    leg = talking_to_jane(desk)
    desk.do("bob", SetDnd(on=True))
    desk.do("alice", SetDnd(on=True))
    desk.do("alice", TransferLeg(leg, target))
    desk.wait(70 if target == SILENT else 4)
    back = desk.leg("alice-desk")
    assert (back.state, back.party, back.direction) == (CallState.ALERTING, JANE, Direction.INBOUND)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.RECALL
    desk.do("alice", AnswerLeg(back.id))
    assert desk.leg("alice-desk").state is CallState.CONNECTED


def test_a_transfer_that_comes_back_to_nobody_ends(desk: Desk) -> None:
    desk.do("bob", DialNumber("101", "bob-desk"))
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    desk.do("alice", TransferLeg(leg, "103"))
    desk.wait(100)
    assert ended(desk, "bob-desk") is Cause.NO_ANSWER
    assert desk.exchange.legs() == ()


@pytest.mark.parametrize(("target", "code"), [("555", Code.UNREACHABLE), ("x", Code.INVALID_NUMBER)])
def test_a_transfer_to_nowhere_is_refused_with_nothing_lost(desk: Desk, target: str, code: Code) -> None:
    leg = talking_to_jane(desk)
    told = len(desk.told)
    with pytest.raises(Refused) as refused:
        desk.do("alice", TransferLeg(leg, target))
    assert refused.value.code is code
    assert len(desk.told) == told


def test_a_transfer_needs_a_line(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    for _ in range(3):
        desk.ring(SUPPORT)
    with pytest.raises(Refused, match="lines are in use"):
        desk.do("alice", TransferLeg(leg, ANSWERING))
    assert desk.exchange.legs(conversation=desk.exchange.conversation_of(leg))


def test_a_ringing_call_is_deflected(desk: Desk) -> None:
    desk.ring(SUPPORT)
    desk.do("alice", TransferLeg(desk.leg("alice-desk").id, ANSWERING))
    assert {ended(desk, device) for device in ("alice-desk", "alice-cordless")} == {Cause.TRANSFERRED}
    assert {ended(desk, device) for device in ("bob-desk", "carol-old")} == {Cause.REDIRECTED}
    desk.wait(10)
    assert [leg.state for leg in desk.exchange.legs()] == [CallState.CONNECTED] * 2
    assert len({leg.line for leg in desk.exchange.legs()}) == 1


def test_voicemail_takes_a_call_that_rings_and_one_that_is_up(desk: Desk) -> None:
    caller = desk.ring()
    desk.do("alice", VoicemailLeg(desk.leg("alice-desk").id))
    assert ended(desk, "alice-desk") is Cause.TRANSFERRED
    desk.exchange.hang_up(desk.now, caller)
    leg = talking_to_jane(desk)
    with pytest.raises(Refused, match="no user 'mallory'"):
        desk.do("alice", VoicemailLeg(leg, "mallory"))
    desk.do("alice", VoicemailLeg(leg, "102"))
    desk.wait(40)
    assert desk.exchange.legs() == ()
    boards = [one for user in ("alice", "bob") for one in desk.exchange.snapshot(desk.now, user).boards]
    assert [one.new for one in boards if one.board == "messages"] == [1, 1]


def consulting(desk: Desk, target: str = "102") -> tuple[str, str]:
    leg = talking_to_jane(desk)
    return leg, desk.do("alice", ConsultLeg(leg, target))


def test_a_consultation_ends_in_a_transfer(desk: Desk) -> None:
    held, consulted = consulting(desk)
    first = desk.exchange.conversation_of(held)
    states = {leg.id: leg.state for leg in desk.exchange.legs("alice")}
    assert states == {held: CallState.HOLD, consulted: CallState.ALERTING}
    assert {leg.consults for leg in desk.exchange.legs("alice")} == {"", held}
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    assert desk.leg("bob-desk").conversation != first
    desk.do("alice", CompleteTransfer(held, consulted))
    assert desk.exchange.legs("alice") == ()
    assert [told.cause for told in desk.legs_told("alice-desk")[-2:]] == [Cause.TRANSFERRED] * 2
    moved = desk.leg("bob-desk")
    assert (moved.conversation, moved.party, moved.state, moved.internal) == (first, JANE, CallState.CONNECTED, False)
    assert moved.line == "L0"


def test_a_transfer_while_the_target_still_rings(desk: Desk) -> None:
    held, consulted = consulting(desk)
    first = desk.exchange.conversation_of(held)
    desk.do("alice", CompleteTransfer(held, consulted))
    rung = desk.leg("bob-desk")
    assert (rung.conversation, rung.state, rung.party) == (first, CallState.ALERTING, JANE)
    desk.wait(21)
    back = desk.leg("alice-desk")
    assert (back.state, back.conversation) == (CallState.ALERTING, first)
    assert ended(desk, "bob-desk") is Cause.NO_ANSWER


def test_a_far_end_that_rings_is_transferred_to(desk: Desk) -> None:
    held, consulted = consulting(desk, ANSWERING)
    desk.do("alice", CompleteTransfer(held, consulted))
    desk.wait(10)
    assert [leg.state for leg in desk.exchange.legs()] == [CallState.CONNECTED] * 2
    assert desk.exchange.legs("alice") == ()


def test_another_target_is_tried_and_the_caller_is_taken_back(desk: Desk) -> None:
    held, consulted = consulting(desk)
    desk.do("alice", EndLeg(consulted))
    again = desk.do("alice", ConsultLeg(held, "103"))
    desk.do("carol", AnswerLeg(desk.leg("carol-old").id))
    desk.do("alice", EndLeg(again))
    desk.do("alice", ResumeLeg(held))
    assert desk.leg("alice-desk").state is CallState.CONNECTED
    assert ended(desk, "carol-old") is Cause.NORMAL


def test_two_calls_with_one_user_are_not_put_through(desk: Desk) -> None:
    desk.do("alice", DialNumber("102", "alice-desk"))
    first = desk.leg("bob-desk").id
    desk.do("bob", AnswerLeg(first))
    desk.do("alice", DialNumber("102", "alice-cordless"))
    second = next(leg.id for leg in desk.exchange.legs("bob") if leg.id != first)
    desk.do("bob", AnswerLeg(second))
    told = len(desk.told)
    with pytest.raises(Refused, match="both calls are with alice"):
        desk.do("bob", CompleteTransfer(first, second))
    with pytest.raises(Refused, match="one call"):
        desk.do("bob", CompleteTransfer(first, first))
    assert len(desk.told) == told


def conferring(desk: Desk) -> tuple[str, str]:
    held, consulted = consulting(desk)
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    desk.do("alice", ConferenceLegs(held, consulted))
    return held, consulted


def conferences(desk: Desk) -> list[str]:
    return [leg.conference for leg in desk.exchange.legs("alice")]


def test_a_conference_is_held_joined_again_and_left(desk: Desk) -> None:
    held, consulted = conferring(desk)
    assert [leg.state for leg in desk.exchange.legs("alice")] == [CallState.CONNECTED] * 2
    assert len(set(conferences(desk))) == 1
    assert all(conferences(desk))
    desk.do("alice", HoldLeg(consulted))
    assert conferences(desk) == ["", ""]
    desk.do("alice", ConferenceLegs(held, consulted))
    assert all(conferences(desk))
    desk.do("alice", LeaveConference(held))
    assert desk.exchange.legs("alice") == ()
    assert (desk.leg("bob-desk").party, desk.leg("bob-desk").state) == (JANE, CallState.CONNECTED)
    cleared = [told.cause for told in desk.legs_told("alice-desk") if told.kind is Kind.CLEARED]
    assert cleared == [Cause.TRANSFERRED] * 2


def test_one_who_leaves_a_conference_leaves_the_others_talking(desk: Desk) -> None:
    held, consulted = conferring(desk)
    desk.do("bob", EndLeg(desk.leg("bob-desk").id))
    (left,) = desk.exchange.legs("alice")
    assert (left.id, left.conference, left.state) == (held, "", CallState.CONNECTED)
    with pytest.raises(Refused, match="in no conference"):
        desk.do("alice", LeaveConference(held))
    assert consulted not in {leg.id for leg in desk.exchange.legs()}


def test_a_conference_has_as_many_parties_as_its_handset_can_join(desk: Desk) -> None:
    held, _ = conferring(desk)
    third = desk.do("alice", ConsultLeg(held, "103"))
    desk.do("carol", AnswerLeg(desk.leg("carol-old").id))
    assert not any(conferences(desk)), "calling a third has put both on hold"
    first, second, _ = (leg.id for leg in desk.exchange.legs("alice"))
    desk.do("alice", ConferenceLegs(first, second))
    with pytest.raises(Refused, match="lacks the capability for a conference of 4") as refused:
        desk.do("alice", ConferenceLegs(first, third))
    assert refused.value.code is Code.MISSING_CAPABILITY


def test_a_big_conference_cannot_be_left() -> None:
    base = staffed()
    alice = replace(base.users["alice"], handsets=(Handset(id="alice-desk", conference_size=4),))
    desk = Desk(replace(base, users={**base.users, "alice": alice}))
    held, consulted = conferring(desk)
    third = desk.do("alice", ConsultLeg(held, "103"))
    desk.do("carol", AnswerLeg(desk.leg("carol-old").id))
    desk.do("alice", ConferenceLegs(held, consulted))
    desk.do("alice", ConferenceLegs(held, third))
    assert len(set(conferences(desk))) == 1
    with pytest.raises(Refused, match="4 parties cannot go on without alice"):
        desk.do("alice", LeaveConference(third))


def test_a_member_of_a_conference_is_transferred_and_parked(desk: Desk) -> None:
    held, consulted = conferring(desk)
    desk.do("alice", TransferLeg(consulted, "103"))
    assert conferences(desk) == [""]
    desk.do("carol", AnswerLeg(desk.leg("carol-old").id))
    assert desk.leg("carol-old").party == BOB
    desk.do("alice", ParkLeg(held))
    assert desk.exchange.legs("alice") == ()


def board(desk: Desk, user: str) -> list[tuple[str, str, str]]:
    (parked,) = (one for one in desk.exchange.snapshot(desk.now, user).boards if one.board == "parked")
    return [(call.orbit, call.party.name, call.by) for call in parked.calls]


def test_a_parked_call_is_seen_and_retrieved_by_a_colleague(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    conversation = desk.leg("alice-desk").conversation
    desk.do("alice", ParkLeg(leg, "702"))
    last = desk.legs_told("alice-desk")[-1]
    assert (last.cause, last.leg.orbit) == (Cause.PARKED, "702")
    assert board(desk, "bob") == [("702", "Jane Customer", "alice")]
    desk.do("bob", RetrieveCall("702"))
    taken = desk.leg("bob-desk")
    assert desk.kinds("bob-desk") == [Kind.DELIVERED, Kind.ESTABLISHED]
    assert (taken.conversation, taken.party, taken.orbit) == (conversation, JANE, "")
    assert board(desk, "alice") == []
    with pytest.raises(Refused, match="no call is parked in orbit '702'") as refused:
        desk.do("carol", RetrieveCall("702"))
    assert refused.value.code is Code.UNKNOWN_CALL


def test_a_colleague_who_is_parked_sees_the_orbit(desk: Desk) -> None:
    desk.do("bob", DialNumber("101"))
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    desk.do("alice", ParkLeg(leg))
    assert (desk.leg("bob-desk").orbit, desk.leg("bob-desk").party) == ("701", Who("701", "Parked at 701"))
    with pytest.raises(Refused, match="themselves"):
        desk.do("bob", RetrieveCall("701"))
    with pytest.raises(Refused, match="nobody is at the other end"):
        desk.do("bob", ParkLeg(desk.leg("bob-desk").id))
    desk.do("carol", RetrieveCall("701"))
    assert (desk.leg("bob-desk").orbit, desk.leg("bob-desk").party) == ("", CAROL)


def test_a_call_parked_too_long_rings_back_until_somebody_takes_it(desk: Desk) -> None:
    desk.do("alice", ParkLeg(talking_to_jane(desk)))
    for _ in range(2):
        desk.wait(61)
        back = desk.leg("alice-desk")
        assert (back.state, back.party, back.orbit) == (CallState.ALERTING, JANE, "701")
        assert desk.legs_told("alice-desk")[-1].cause is Cause.RECALL
        assert board(desk, "alice"), "it can be retrieved by others meanwhile"
        desk.wait(20)
        assert ended(desk, "alice-desk") is Cause.NO_ANSWER
    desk.wait(61)
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    assert board(desk, "alice") == []
    assert desk.leg("alice-desk").state is CallState.CONNECTED


def test_one_who_gives_up_in_an_orbit_frees_it(desk: Desk) -> None:
    caller = desk.ring()
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    desk.do("alice", ParkLeg(desk.leg("alice-desk").id))
    desk.wait(65)
    desk.exchange.hang_up(desk.now, caller)
    assert desk.exchange.legs() == ()
    assert ended(desk, "alice-desk") is Cause.CANCELLED
    assert board(desk, "alice") == []


def test_orbits_are_checked(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    with pytest.raises(Refused, match="no orbit '999'; there are: 701, 702"):
        desk.do("alice", ParkLeg(leg, "999"))
    desk.do("alice", ParkLeg(leg))
    leg = talking_to_jane(desk)
    with pytest.raises(Refused, match="orbit 701 already"):
        desk.do("alice", ParkLeg(leg, "701"))
    desk.do("alice", ParkLeg(leg))
    leg = talking_to_jane(desk)
    with pytest.raises(Refused, match="no orbit is free") as refused:
        desk.do("alice", ParkLeg(leg))
    assert refused.value.code is Code.BUSY


def test_permission_is_needed_to_park_to_retrieve_and_to_pick_up() -> None:
    base = staffed()
    bob = replace(base.users["bob"], permissions=frozenset())
    desk = Desk(replace(base, users={**base.users, "bob": bob}))
    desk.do("alice", DialNumber("102"))
    leg = desk.leg("bob-desk").id
    desk.do("bob", AnswerLeg(leg))
    for command in (ParkLeg(leg), RetrieveCall("701"), PickUp("alice")):
        with pytest.raises(Refused, match="bob is not permitted to") as refused:
            desk.do("bob", command)
        assert refused.value.code is Code.NOT_PERMITTED
    assert all(one.board != "parked" for one in desk.exchange.snapshot(desk.now, "bob").boards)


@pytest.mark.parametrize("target", ["alice", "101", "support", "600", ""])
def test_a_colleagues_call_is_picked_up(desk: Desk, target: str) -> None:
    desk.ring()
    desk.do("bob", PickUp(target))
    assert desk.kinds("bob-desk") == [Kind.DELIVERED, Kind.ESTABLISHED]
    assert desk.leg("bob-desk").party == JANE
    assert {ended(desk, device) for device in ("alice-desk", "alice-cordless")} == {Cause.ELSEWHERE}


def test_a_call_of_ones_own_group_is_picked_up_at_the_own_handset(desk: Desk) -> None:
    desk.ring(SUPPORT)
    desk.do("bob", PickUp("alice"))
    assert desk.kinds("bob-desk") == [Kind.DELIVERED, Kind.ESTABLISHED]
    with pytest.raises(Refused, match="no call rings at alice"):
        desk.do("carol", PickUp("alice"))
    with pytest.raises(Refused, match="no user and no group 'mallory'"):
        desk.do("carol", PickUp("mallory"))


def test_nobody_picks_up_their_own_call(desk: Desk) -> None:
    desk.do("alice", DialNumber("102"))
    with pytest.raises(Refused, match="no call rings at bob"):
        desk.do("alice", PickUp("bob", "alice-cordless"))


def test_a_call_is_handed_off_without_a_word_to_the_other_side(desk: Desk) -> None:
    desk.do("bob", DialNumber("101"))
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    heard = len(desk.legs_told("bob-desk"))
    desk.do("alice", HandOffLeg(leg, "alice-cordless"))
    with pytest.raises(Refused, match="being handed off already"):
        desk.do("alice", HandOffLeg(leg, "alice-cordless"))
    assert desk.leg("alice-desk").state is CallState.CONNECTED
    desk.do("alice", AnswerLeg(desk.leg("alice-cordless").id))
    assert ended(desk, "alice-desk") is Cause.ELSEWHERE
    assert desk.leg("alice-cordless").party == BOB
    assert len(desk.legs_told("bob-desk")) == heard
    assert desk.leg("bob-desk").party == ALICE


def test_a_handoff_that_nobody_answers_changes_nothing(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    desk.do("alice", HandOffLeg(leg, "alice-cordless"))
    desk.wait(21)
    assert ended(desk, "alice-cordless") is Cause.NO_ANSWER
    desk.do("alice", HandOffLeg(leg, "alice-cordless"))
    with pytest.raises(Refused, match="it is being handed off"):
        desk.do("alice", VoicemailLeg(desk.leg("alice-cordless").id))
    desk.do("alice", EndLeg(leg))
    assert desk.exchange.legs() == ()


def test_a_handoff_rings_on_a_key_of_its_own_beside_a_busy_tone(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    failed = desk.do("alice", DialNumber("555", "alice-cordless"))
    desk.do("alice", HandOffLeg(leg, "alice-cordless"))
    keys = {one.id: one.appearance for one in desk.exchange.legs("alice") if one.device == "alice-cordless"}
    assert len(keys) == len(set(keys.values())) == 2
    assert failed in keys


def test_what_cannot_be_handed_off_is_refused(desk: Desk) -> None:
    held, _ = conferring(desk)
    for device, why in (("alice-desk", "conference"), ("bob-desk", "no handset"), ("alice-cordless", "conference")):
        with pytest.raises(Refused, match=why):
            desk.do("alice", HandOffLeg(held, device))


def test_an_intercom_call_is_answered_after_one_tone(desk: Desk) -> None:
    desk.do("alice", IntercomNumber("102"))
    assert (desk.leg("bob-desk").state, desk.leg("bob-desk").intercom) == (CallState.ALERTING, True)
    desk.wait(1)
    assert {desk.leg(device).state for device in ("alice-desk", "bob-desk")} == {CallState.CONNECTED}
    assert desk.leg("alice-desk").intercom


def test_an_intercom_call_to_somebody_busy_or_outside_is_an_ordinary_one(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    desk.do("bob", IntercomNumber("101"))
    desk.wait(5)
    ringing = [one for one in desk.exchange.legs("alice") if one.id != leg]
    assert {(one.device, one.state) for one in ringing} == {("alice-cordless", CallState.CONNECTED)}
    desk.do("carol", IntercomNumber("101"))
    desk.wait(5)
    assert desk.leg("carol-old").state is CallState.ALERTING
    assert not desk.leg("carol-old").intercom
    desk.do("carol", EndLeg(desk.leg("carol-old").id))
    desk.do("carol", IntercomNumber(ANSWERING))
    desk.wait(5)
    assert desk.leg("carol-old").party.name == "Andrew Answers"


def test_intercom_with_somebody_who_does_not_disturb_is_as_any_call(desk: Desk) -> None:
    desk.do("bob", SetDnd(on=True))
    desk.do("alice", IntercomNumber("102"))
    assert desk.legs_told("alice-desk")[-1].cause is Cause.BUSY
    assert desk.kinds("bob-desk") == []


def test_intercom_needs_the_capability_at_both_handsets() -> None:
    desk = Desk()
    with pytest.raises(Refused, match="carol-old lacks the capability intercom") as refused:
        desk.do("alice", IntercomNumber("103"))
    assert refused.value.code is Code.MISSING_CAPABILITY
    with pytest.raises(Refused, match="carol-old lacks the capability intercom"):
        desk.do("carol", IntercomNumber("101"))


def test_a_handset_without_auto_hold_ends_the_first_call() -> None:
    base = staffed()
    alice = replace(base.users["alice"], handsets=(Handset(id="alice-desk", auto_hold=False),))
    desk = Desk(replace(base, users={**base.users, "alice": alice}))
    first = talking_to_jane(desk)
    consulted = desk.do("alice", ConsultLeg(first, "102"))
    assert desk.exchange.conversation_of(first), "a consultation asks for the hold itself"
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    desk.ring(MAIN, Who("5855550000", "Second"))
    second = next(leg.id for leg in desk.exchange.legs("alice") if leg.state is CallState.ALERTING)
    desk.do("alice", AnswerLeg(second))
    assert desk.exchange.conversation_of(consulted) == ""
    assert ended(desk, "bob-desk") is Cause.NORMAL


def test_an_emergency_call_goes_out_whatever_is_in_its_way(desk: Desk) -> None:
    desk.do("bob", DialNumber("103"))
    desk.do("bob", DialNumber("911"))
    assert ended(desk, "carol-old") is Cause.CANCELLED
    desk.wait(4)
    assert desk.leg("bob-desk").state is CallState.CONNECTED
    desk.do("alice", DialNumber("102", "alice-desk"))
    desk.do("bob", AnswerLeg(next(leg.id for leg in desk.exchange.legs("bob") if leg.state is CallState.ALERTING)))
    assert len(desk.exchange.legs("bob")) == 2
    desk.do("bob", DialNumber("112"))
    assert len(desk.exchange.legs("bob")) == 2
    assert desk.exchange.legs("bob")[-1].party.number == "112"


def test_a_transfer_into_a_group_that_the_transferrer_is_in(desk: Desk) -> None:
    leg = talking_to_jane(desk)
    desk.do("alice", TransferLeg(leg, "600"))
    assert desk.leg("alice-cordless").state is CallState.ALERTING
    desk.do("bob", PickUp(""))
    assert desk.leg("bob-desk").party == JANE


def test_far_ends_outside_talk_on_their_own_after_a_transfer() -> None:
    base = staffed()
    end = FarEnd(who=Who("5855550009", "Brief"), after=2, talks=5)
    desk = Desk(replace(base, far_ends=(end,)))
    leg = talking_to_jane(desk)
    desk.do("alice", TransferLeg(leg, "5855550009"))
    desk.wait(4)
    assert len(desk.exchange.legs()) == 2
    desk.wait(5)
    assert desk.exchange.legs() == ()
