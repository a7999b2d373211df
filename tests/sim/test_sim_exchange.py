from __future__ import annotations

from datetime import timedelta

import pytest
from offices import ANSWERING, BUSY, GONE, MAIN, NOON, SILENT, SUPPORT, TEN, Desk

from hub.core.call import CallState, Cause
from hub.core.signals import Kind
from hub.phone.commands import (
    AnswerLeg,
    DialNumber,
    EndLeg,
    HoldLeg,
    MuteLeg,
    ResumeLeg,
    SendDigits,
    SetDnd,
    SilenceLeg,
)
from hub.phone.transfer_commands import CompleteTransfer, ConsultLeg
from hub.sim.exchange.journal import BoardTold, LegTold
from hub.sim.exchange.office import Who
from hub.sim.exchange.refusal import Code, Refused


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_from_outside_says_who_calls_and_what_they_dialled(desk: Desk) -> None:
    desk.ring()
    leg = desk.leg("alice-desk")
    assert leg.party == Who("+15855551234", "Jane Customer")
    assert leg.dialled == Who(MAIN, "Main number")
    assert (leg.line, leg.internal, leg.started) == ("Line 1", False, NOON)


@pytest.mark.feature("CALL-19")
def test_a_call_for_ten_handsets_rings_at_all_and_is_answered_at_one(desk: Desk) -> None:
    desk.ring("+15855550102")
    assert [desk.leg(device).state for device in TEN] == [CallState.ALERTING] * 10
    assert len({desk.leg(device).conversation for device in TEN}) == 1
    desk.do("ten", AnswerLeg(desk.leg("ten-7").id))
    others = [device for device in TEN if device != "ten-7"]
    assert desk.kinds("ten-7") == [Kind.DELIVERED, Kind.ESTABLISHED]
    assert [desk.legs_told(device)[-1].cause for device in others] == [Cause.ELSEWHERE] * 9
    order = [told.kind for told in desk.told]
    assert order.index(Kind.ESTABLISHED) < order.index(Kind.CLEARED)


@pytest.mark.feature("CALL-19")
def test_a_ring_group_stops_ringing_when_a_colleague_answers(desk: Desk) -> None:
    desk.ring(SUPPORT)
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    for device in ("alice-desk", "alice-cordless", "carol-old"):
        last = desk.legs_told(device)[-1]
        assert (last.kind, last.cause) == (Kind.CLEARED, Cause.ELSEWHERE)


def test_a_route_goes_on_step_by_step_into_voicemail(desk: Desk) -> None:
    desk.ring()
    desk.wait(19)
    assert desk.kinds("bob-desk") == []
    desk.wait(2)
    assert desk.leg("bob-desk").state is CallState.ALERTING
    assert desk.kinds("alice-desk") == [Kind.DELIVERED]  # in both steps: it goes on ringing
    desk.wait(20)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.NO_ANSWER
    assert [leg.party for leg in desk.exchange.legs()] == [Who("101", "Voicemail of Alice"), Who(*_jane())]
    desk.wait(31)
    assert desk.exchange.legs() == ()


def _jane() -> tuple[str, str]:
    return "+15855551234", "Jane Customer"


@pytest.mark.feature("CALL-17")
def test_do_not_disturb_sends_calls_on_and_leaves_what_rings(desk: Desk) -> None:
    desk.ring()
    desk.do("alice", SetDnd(on=True))
    assert desk.leg("alice-desk").state is CallState.ALERTING
    desk.ring(MAIN, Who("5855550000", "Second"))
    assert len(desk.exchange.legs("alice")) == 2
    assert desk.leg("bob-desk").party.name == "Second"
    desk.do("alice", DialNumber(ANSWERING, "alice-cordless"))
    desk.do("alice", SetDnd(on=False))
    assert desk.exchange.dnd("alice") is False


def spared(desk: Desk, user: str = "alice") -> list[tuple[Cause, float]]:
    """What a user is told of calls that rang nowhere: why, and after how many seconds."""
    told = [one for one in desk.told if isinstance(one, LegTold) and one.kind is Kind.DIVERTED and one.user == user]
    assert all((one.leg.device, one.leg.state, one.leg.answered) == ("", CallState.NULL, None) for one in told)
    return [(one.cause, (one.at - NOON).total_seconds()) for one in told]


@pytest.mark.feature("CALL-17")
def test_who_is_not_disturbed_is_told_in_the_end_who_called(desk: Desk) -> None:
    desk.do("alice", SetDnd(on=True))
    caller = desk.ring()
    assert desk.leg("bob-desk").state is CallState.ALERTING
    desk.wait(7)
    assert spared(desk) == []
    desk.exchange.hang_up(desk.now, caller)
    assert spared(desk) == [(Cause.DO_NOT_DISTURB, 7)]
    (ended,) = desk.exchange.snapshot(desk.now, "alice", handsets=frozenset({"alice-cordless"})).ended
    assert (ended.kind, ended.leg.party, ended.leg.dialled) == (Kind.DIVERTED, Who(*_jane()), Who(MAIN, "Main number"))
    assert (ended.leg.started, ended.ended) == (NOON, desk.now)


@pytest.mark.feature("CALL-17", "CALL-19")
def test_a_colleague_called_together_with_who_is_not_disturbed_answers_elsewhere(desk: Desk) -> None:
    desk.do("alice", SetDnd(on=True))
    desk.ring(SUPPORT)
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    assert spared(desk) == [(Cause.ELSEWHERE, 0)]
    desk.do("bob", EndLeg(desk.leg("bob-desk").id))
    assert len(spared(desk)) == 1


@pytest.mark.feature("CALL-17")
def test_a_call_that_voicemail_takes_or_nobody_was_missed(desk: Desk) -> None:
    desk.do("bob", SetDnd(on=True))
    desk.ring()  # Alice for 20 s, then Support for 20 s, then voicemail
    desk.wait(41)
    assert spared(desk, "bob") == [(Cause.DO_NOT_DISTURB, 40)]
    desk.do("carol", DialNumber("102"))
    assert desk.leg("carol-old").state is CallState.FAILED
    desk.wait(4)
    assert spared(desk, "bob")[1:] == [(Cause.DO_NOT_DISTURB, 45)]


@pytest.mark.feature("CALL-17", "CALL-19")
def test_who_is_disturbed_again_is_called_by_the_next_step_and_told_no_second_time(desk: Desk) -> None:
    desk.do("alice", SetDnd(on=True))
    desk.do("bob", SetDnd(on=True))
    caller = desk.ring()
    desk.do("alice", SetDnd(on=False))
    desk.wait(1)
    desk.exchange.hang_up(desk.now, caller)
    assert len(spared(desk)) == len(spared(desk, "bob")) == 1
    desk.do("carol", DialNumber("600"))
    assert desk.leg("alice-desk").state is CallState.ALERTING
    desk.do("alice", SetDnd(on=True))
    desk.do("carol", EndLeg(desk.leg("carol-old").id))
    assert len(spared(desk)) == 1
    assert len(spared(desk, "bob")) == 2
    assert spared(desk, "carol") == [], "nobody is told of a call of their own"


@pytest.mark.feature("CALL-11", "CALL-17")
def test_who_is_not_disturbed_is_told_of_a_consultation_that_was_put_through(desk: Desk) -> None:
    desk.do("alice", SetDnd(on=True))
    desk.ring("+15855550102")
    desk.do("ten", AnswerLeg(desk.leg("ten-0").id))
    consulted = desk.do("ten", ConsultLeg(desk.leg("ten-0").id, "600"))
    held = next(leg for leg in desk.exchange.legs("ten") if leg.id != consulted)
    desk.do("ten", CompleteTransfer(held.id, consulted))
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    assert spared(desk) == [(Cause.ELSEWHERE, 0)]
    (ended,) = desk.exchange.snapshot(desk.now, "alice").ended
    assert ended.leg.conversation == held.conversation


def test_do_not_disturb_is_told_once(desk: Desk) -> None:
    desk.do("alice", SetDnd(on=True))
    desk.do("alice", SetDnd(on=True))
    assert [type(told).__name__ for told in desk.told] == ["DndTold"]


@pytest.mark.feature("CALL-02")
@pytest.mark.feature("CALL-05")
def test_answering_a_second_call_puts_the_first_on_hold(desk: Desk) -> None:
    desk.ring()
    first = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(first))
    desk.ring()
    second = next(leg for leg in desk.exchange.legs("alice") if leg.device == "alice-desk" and leg.id != first)
    desk.do("alice", AnswerLeg(second.id))
    states = {leg.id: leg.state for leg in desk.exchange.legs("alice")}
    assert states == {first: CallState.HOLD, second.id: CallState.CONNECTED}
    desk.do("alice", ResumeLeg(first))
    states = {leg.id: leg.state for leg in desk.exchange.legs("alice")}
    assert states == {first: CallState.CONNECTED, second.id: CallState.HOLD}


@pytest.mark.feature("CALL-05")
def test_dialling_puts_the_call_on_hold_and_nothing_else_is_done_meanwhile(desk: Desk) -> None:
    desk.ring()
    first = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(first))
    desk.do("alice", DialNumber("102", "alice-desk"))
    assert desk.kinds("alice-desk")[-3:] == [Kind.HELD, Kind.ORIGINATED, Kind.DELIVERED]
    for command in (ResumeLeg(first), DialNumber("103", "alice-desk")):
        with pytest.raises(Refused, match="dialling"):
            desk.do("alice", command)


@pytest.mark.feature("CALL-01")
def test_an_internal_call_is_one_conversation_for_both(desk: Desk) -> None:
    desk.do("alice", DialNumber("102"))
    mine, theirs = desk.leg("alice-desk"), desk.leg("bob-desk")
    assert mine.conversation == theirs.conversation
    assert (mine.party, theirs.party) == (Who("102", "Bob"), Who("101", "Alice"))
    assert theirs.dialled == Who("102", "Bob")
    assert mine.internal
    assert theirs.internal
    desk.do("bob", AnswerLeg(theirs.id))
    desk.do("bob", EndLeg(theirs.id))
    assert desk.exchange.legs() == ()
    assert desk.legs_told("alice-desk")[-1].cause is Cause.NORMAL


def test_who_answers_for_a_group_is_told_to_the_caller(desk: Desk) -> None:
    desk.do("alice", DialNumber("600"))
    assert desk.leg("alice-desk").party == Who("600", "Support")
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    assert desk.leg("alice-desk").party == Who("102", "Bob")


@pytest.mark.feature("CALL-01")
@pytest.mark.parametrize("dialled", [ANSWERING, f"9{ANSWERING}", f"9 1 {ANSWERING}", "+1 (585) 555-0001"])
def test_an_outside_call_with_and_without_prefix(desk: Desk, dialled: str) -> None:
    desk.do("alice", DialNumber(dialled))
    assert desk.leg("alice-desk").state is CallState.INITIATED
    desk.wait(2)
    assert desk.leg("alice-desk").state is CallState.ALERTING
    desk.wait(2)
    leg = desk.leg("alice-desk")
    assert (leg.state, leg.party.name, leg.line) == (CallState.CONNECTED, "Andrew Answers", "Line 2")


@pytest.mark.parametrize(
    ("number", "cause", "seconds"),
    [(BUSY, Cause.BUSY, 3), (GONE, Cause.UNREACHABLE, 3), (SILENT, Cause.NO_ANSWER, 61), ("555", Cause.UNREACHABLE, 0)],
)
def test_an_outbound_call_that_fails_sounds_the_tone_and_is_over(
    desk: Desk, number: str, cause: Cause, seconds: float
) -> None:
    desk.do("alice", DialNumber(number))
    desk.wait(seconds)
    assert desk.leg("alice-desk").state is CallState.FAILED
    assert desk.legs_told("alice-desk")[-1].cause is cause
    desk.wait(4)
    cleared = desk.legs_told("alice-desk")[-1]
    assert (cleared.kind, cleared.cause, cleared.at) == (Kind.CLEARED, cause, NOON + timedelta(seconds=seconds + 4))


def test_every_outside_line_carries_one_call(desk: Desk) -> None:
    desk.ring()
    desk.do("alice", DialNumber(ANSWERING))
    with pytest.raises(Refused) as refused:
        desk.ring()
    assert refused.value.code is Code.BUSY
    desk.do("bob", DialNumber(ANSWERING))
    assert desk.legs_told("bob-desk")[-1].cause is Cause.BUSY


def test_a_handset_without_a_free_appearance_is_busy(desk: Desk) -> None:
    desk.exchange.command(desk.now, "carol", DialNumber("102"), by_hand=True)
    desk.do("alice", DialNumber("103"))
    assert desk.legs_told("alice-desk")[-1].cause is Cause.BUSY
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    with pytest.raises(Refused, match="appearances"):
        desk.do("carol", DialNumber("101"))


def test_declining_everywhere_goes_on_to_the_next_step_which_leaves_them_alone(desk: Desk) -> None:
    desk.ring()
    desk.do("alice", EndLeg(desk.leg("alice-desk").id))
    assert desk.kinds("bob-desk") == []
    desk.do("alice", EndLeg(desk.leg("alice-cordless").id))
    assert desk.legs_told("alice-cordless")[-1].cause is Cause.REJECTED
    assert desk.leg("bob-desk").state is CallState.ALERTING
    assert desk.exchange.legs("alice") == ()


def test_a_declined_internal_call_is_told_so(desk: Desk) -> None:
    desk.do("alice", DialNumber("102"))
    desk.do("bob", EndLeg(desk.leg("bob-desk").id))
    failed = desk.legs_told("alice-desk")[-1]
    assert (failed.kind, failed.cause) == (Kind.FAILED, Cause.REJECTED)


@pytest.mark.feature("CALL-04")
def test_a_caller_who_gives_up_stops_the_ringing(desk: Desk) -> None:
    caller = desk.ring()
    desk.exchange.hang_up(desk.now, caller)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.CANCELLED
    desk.do("alice", DialNumber("102"))
    desk.do("alice", EndLeg(desk.leg("alice-desk").id))
    assert desk.legs_told("bob-desk")[-1].cause is Cause.CANCELLED
    assert desk.exchange.legs() == ()


def test_silencing_leaves_the_leg_alerting(desk: Desk) -> None:
    desk.ring()
    desk.do("alice", SilenceLeg(desk.leg("alice-desk").id))
    assert (desk.leg("alice-desk").silenced, desk.leg("alice-cordless").silenced) == (True, False)
    assert desk.legs_told("alice-desk")[-1].kind is Kind.UPDATED
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    assert desk.leg("alice-desk").silenced is False


@pytest.mark.feature("LINE-03")
def test_a_handset_refuses_what_it_cannot_do_and_names_it(desk: Desk) -> None:
    desk.do("alice", DialNumber("103"))
    leg = desk.leg("carol-old").id
    with pytest.raises(Refused, match="carol-old lacks the capability answer") as refused:
        desk.do("carol", AnswerLeg(leg))
    assert refused.value.code is Code.MISSING_CAPABILITY
    with pytest.raises(Refused, match="dnd"):
        desk.do("carol", SetDnd(on=True))
    desk.exchange.command(desk.now, "carol", AnswerLeg(leg), by_hand=True)
    assert desk.leg("carol-old").state is CallState.CONNECTED


def test_a_user_cannot_touch_the_legs_of_others_nor_of_unwatched_handsets(desk: Desk) -> None:
    desk.ring()
    leg = desk.leg("alice-desk").id
    with pytest.raises(Refused) as refused:
        desk.do("bob", AnswerLeg(leg))
    assert refused.value.code is Code.UNKNOWN_CALL
    with pytest.raises(Refused) as refused:
        desk.exchange.command(desk.now, "alice", AnswerLeg(leg), handsets=frozenset({"alice-cordless"}))
    assert refused.value.code is Code.UNKNOWN_CALL


@pytest.mark.parametrize("number", ["", "abc", "12a", "*78", "1" * 40, "\0", "+", "٠١٢", "9,,1"])
def test_what_is_no_number_is_refused_with_nothing_done(desk: Desk, number: str) -> None:
    with pytest.raises(Refused) as refused:
        desk.do("alice", DialNumber(number))
    assert refused.value.code is Code.INVALID_NUMBER
    assert desk.told == []


def test_calling_oneself_or_a_user_without_handsets_fails(desk: Desk) -> None:
    desk.do("alice", DialNumber("101"))
    assert desk.legs_told("alice-desk")[-1].cause is Cause.BUSY
    desk.do("alice", DialNumber("199"))
    assert desk.legs_told("alice-desk")[-1].cause is Cause.UNREACHABLE


def test_a_rejecting_route_and_an_unknown_number_turn_the_caller_away(desk: Desk) -> None:
    caller = desk.ring("+15855550103")
    assert desk.exchange.conversation_of(caller) == ""
    with pytest.raises(Refused) as refused:
        desk.ring("+15855559999")
    assert refused.value.code is Code.UNREACHABLE


@pytest.mark.feature("CALL-21")
def test_a_snapshot_tells_what_ended_since_a_mark(desk: Desk) -> None:
    desk.exchange.hang_up(desk.now, desk.ring())
    before = desk.exchange.snapshot(desk.now, "alice")
    assert len(before.ended) == 2
    desk.wait(5)
    desk.exchange.hang_up(desk.now, desk.ring())
    since = desk.exchange.snapshot(desk.now, "alice", before.mark)
    assert [ended.ended for ended in since.ended] == [desk.now] * 2
    assert desk.exchange.snapshot(desk.now, "alice", since.mark).ended == ()
    for foreign in ("", "other:3", "boot:999", "boot:x", "boot:", ":", "boot:" + "9" * 50):
        assert len(desk.exchange.snapshot(desk.now, "alice", foreign).ended) == 4


def test_the_memory_of_ended_legs_is_bounded(desk: Desk) -> None:
    for _ in range(150):
        desk.exchange.hang_up(desk.now, desk.ring())
    assert len(desk.exchange.snapshot(desk.now, "alice").ended) == 200


def test_what_is_due_happens_at_its_own_time_however_late_it_is_noticed(desk: Desk) -> None:
    desk.ring()
    desk.wait(3600)
    assert {told.at for told in desk.legs_told("bob-desk")} == {
        NOON + timedelta(seconds=20),
        NOON + timedelta(seconds=40),
    }


def test_a_clock_that_goes_back_does_not_turn_the_order_round(desk: Desk) -> None:
    desk.wait(10)
    desk.now -= timedelta(seconds=60)
    desk.ring()
    assert desk.told[-1].at == NOON + timedelta(seconds=10)


def test_hanging_up_a_held_call_and_one_of_two(desk: Desk) -> None:
    desk.ring()
    leg = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(leg))
    desk.do("alice", HoldLeg(leg))
    desk.do("alice", EndLeg(leg))
    assert desk.exchange.legs() == ()


def test_a_muted_leg_says_so_once(desk: Desk) -> None:
    desk.ring()
    leg = desk.leg("alice-desk").id
    with pytest.raises(Refused, match="cannot mute"):
        desk.do("alice", MuteLeg(leg, on=True))
    desk.do("alice", AnswerLeg(leg))
    desk.do("alice", MuteLeg(leg, on=True))
    desk.do("alice", MuteLeg(leg, on=True))
    assert desk.kinds("alice-desk") == [Kind.DELIVERED, Kind.ESTABLISHED, Kind.UPDATED]
    assert desk.leg("alice-desk").muted
    desk.do("alice", MuteLeg(leg, on=False))
    assert not desk.leg("alice-desk").muted


def test_digits_go_over_a_call_that_is_up(desk: Desk) -> None:
    desk.ring()
    leg = desk.leg("alice-desk")
    with pytest.raises(Refused, match="cannot dtmf"):
        desk.do("alice", SendDigits(leg.id, "12"))
    desk.do("alice", AnswerLeg(leg.id))
    desk.do("alice", SendDigits(leg.id, "12"))
    desk.do("alice", SendDigits(leg.id, "#"))
    assert desk.exchange.digits(leg.conversation) == "12#"


def test_voicemail_lights_the_lamp(desk: Desk) -> None:
    assert [board.new for board in desk.exchange.snapshot(desk.now, "alice").boards if board.board == "messages"] == [0]
    caller = desk.ring()
    desk.wait(45)
    assert not [told for told in desk.told if isinstance(told, BoardTold)]
    desk.exchange.hang_up(desk.now, caller)
    (told,) = [told for told in desk.told if isinstance(told, BoardTold)]
    assert (told.user, told.now.board, told.now.new) == ("alice", "messages", 1)
    assert [board.new for board in desk.exchange.snapshot(desk.now, "alice").boards if board.board == "messages"] == [1]
