from __future__ import annotations

import dataclasses
import time

import pytest
from offices import ANSWERING, JANE, MAIN, SUPPORT, Desk, office

from hub.core.boards import LineState, Permission
from hub.core.call import CallState, Cause
from hub.phone.commands import AnswerLeg, AnswerLine, DialNumber, EndLeg, SeizeLine, SendDigits
from hub.sim.exchange.journal import BoardTold, LegTold
from hub.sim.exchange.office import Office, Who
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_boards import WireLines, WireMessages, WireOutsideLine, WireSystemCall, WireSystemCalls

PIN = "86420"
LINES = ("Line 1", "Line 2")


def lined_office(of: Office | None = None) -> Office:
    """The test office: Alice and Bob have keys for the lines and see other people's calls, Alice fully, Bob briefly."""
    of = of or office()
    users = dict(of.users)
    for name, more in (
        ("alice", {"system_calls": Permission.FULL}),
        ("bob", {"system_calls": Permission.BRIEF}),
        ("carol", {"pin": PIN, "restricted": True}),
    ):
        first, *others = users[name].handsets
        keyed = dataclasses.replace(first, lines=LINES)
        users[name] = dataclasses.replace(users[name], handsets=(keyed, *others), **more)  # type: ignore[arg-type]
    return dataclasses.replace(of, users=users, access_code="*71", voicemail="800")


@pytest.fixture
def desk() -> Desk:
    return Desk(lined_office())


def line(desk: Desk, user: str, name: str = "Line 1") -> WireOutsideLine:
    (board,) = (one for one in desk.exchange.snapshot(desk.now, user).boards if isinstance(one, WireLines))
    return next(one for one in board.lines if one.name == name)


def calls(desk: Desk, user: str) -> tuple[WireSystemCall, ...]:
    (board,) = (one for one in desk.exchange.snapshot(desk.now, user).boards if isinstance(one, WireSystemCalls))
    return board.calls


def lamp(desk: Desk, user: str = "alice") -> tuple[int, int]:
    (board,) = (one for one in desk.exchange.snapshot(desk.now, user).boards if isinstance(one, WireMessages))
    return board.new, board.old


def refused(desk: Desk, user: str, command: object) -> Refused:
    with pytest.raises(Refused) as caught:
        desk.do(user, command)  # type: ignore[arg-type]  commands of several kinds
    return caught.value


@pytest.mark.feature("LINE-02")
def test_a_line_is_idle_rings_and_is_in_use(desk: Desk) -> None:
    assert line(desk, "alice").state is LineState.IDLE
    caller = desk.ring()
    told = line(desk, "bob")
    assert (told.state, told.by, told.party.name) == (LineState.RINGING, "", "Private")
    assert line(desk, "alice").party.name == JANE.name
    assert line(desk, "carol").party.name == ""
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    assert [line(desk, user).by for user in ("alice", "bob", "carol")] == ["Alice", "Alice", ""]
    assert line(desk, "carol").state is LineState.IN_USE
    desk.exchange.hang_up(desk.now, caller)
    assert line(desk, "bob").state is LineState.IDLE


@pytest.mark.feature("LINE-02")
def test_a_line_that_rings_elsewhere_is_answered_by_its_key(desk: Desk) -> None:
    desk.ring()
    desk.do("bob", AnswerLine("Line 1"))
    leg = desk.leg("bob-desk")
    assert (leg.state, leg.party) == (CallState.CONNECTED, JANE)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.ELSEWHERE
    assert refused(desk, "alice", AnswerLine("Line 1")).code is Code.WRONG_STATE
    assert "alice-cordless has none" in str(refused(desk, "alice", AnswerLine("Line 9")))
    desk.ring(SUPPORT)
    own = desk.leg("alice-desk").id
    assert desk.do("alice", AnswerLine("Line 2")) == own


@pytest.mark.feature("LINE-02")
@pytest.mark.parametrize("end", ["#", ""])
def test_a_seized_line_waits_for_digits(desk: Desk, end: str) -> None:
    leg = desk.do("alice", SeizeLine("Line 1"))
    assert line(desk, "bob") == WireOutsideLine(name="Line 1", state=LineState.IN_USE, by="Alice")
    assert refused(desk, "bob", SeizeLine("Line 1")).code is Code.BUSY
    desk.do("alice", SendDigits(leg, ANSWERING[:4]))
    desk.wait(3)
    desk.do("alice", SendDigits(leg, ANSWERING[4:] + end))
    assert (desk.leg("alice-desk").party.number == ANSWERING) is bool(end)
    desk.wait(6)
    assert desk.leg("alice-desk").party == Who(ANSWERING, "Andrew Answers")
    desk.wait(6)
    assert (desk.leg("alice-desk").state, desk.leg("alice-desk").line) == (CallState.CONNECTED, "Line 1")
    assert line(desk, "alice").party.name == "Andrew Answers"
    desk.do("alice", EndLeg(leg))
    assert line(desk, "alice").state is LineState.IDLE


@pytest.mark.feature("CALL-20")
def test_the_prefix_alone_seizes_a_line_and_help_is_called_at_once(desk: Desk) -> None:
    leg = desk.do("alice", DialNumber("9#"))
    assert (desk.leg("alice-desk").state, desk.leg("alice-desk").line) == (CallState.INITIATED, "Line 2")
    desk.do("alice", SendDigits(leg, "911"))
    assert desk.leg("alice-desk").party.number == "911"
    assert refused(desk, "alice", SendDigits(leg, "1")).code is Code.WRONG_STATE


@pytest.mark.parametrize("digits", ["", "12", "5*", "1" * 33])
def test_digits_that_lead_nowhere_end_in_the_tone_and_free_the_line(desk: Desk, digits: str) -> None:
    leg = desk.do("alice", DialNumber("9#"))
    if digits:
        desk.do("alice", SendDigits(leg, digits))
    desk.wait(21)
    assert desk.legs_told("alice-desk")[-1].cause is Cause.UNREACHABLE
    assert line(desk, "alice", "Line 2").state is LineState.IDLE


@pytest.mark.feature("CALL-20")
def test_a_restricted_user_needs_the_access_code_and_the_pin_which_nobody_is_told(desk: Desk) -> None:
    for number in (ANSWERING, "9" + ANSWERING, "9#", f"9#{ANSWERING}"):
        assert refused(desk, "carol", DialNumber(number)).code is Code.NOT_PERMITTED
    assert refused(desk, "carol", DialNumber("*7199999" + ANSWERING)).code is Code.WRONG_PIN
    assert refused(desk, "alice", DialNumber("*71" + PIN + ANSWERING)).code is Code.WRONG_PIN
    wrong = refused(desk, "carol", DialNumber(f"*71{PIN}++"))
    assert (wrong.code, PIN in str(wrong)) == (Code.INVALID_NUMBER, False)
    leg = desk.do("carol", DialNumber(f"*71 {PIN} {ANSWERING}"))
    assert desk.leg("carol-old").party == Who(ANSWERING, "Andrew Answers")
    assert PIN not in str(desk.told)
    desk.do("carol", EndLeg(leg))
    desk.do("carol", DialNumber(f"*71{PIN}"))
    assert (desk.leg("carol-old").state, desk.leg("carol-old").line) == (CallState.INITIATED, "Line 2")
    assert PIN not in str(desk.told)
    assert PIN not in repr(desk.exchange.office)


@pytest.mark.parametrize("number", ["911", "9911", "102"])
def test_a_restricted_user_calls_for_help_and_inside(desk: Desk, number: str) -> None:
    desk.do("carol", DialNumber(number))
    assert desk.leg("carol-old").party.number == number


@pytest.mark.feature("CALL-22")
@pytest.mark.parametrize("number", ["911", "9911", "9#911"])
def test_an_emergency_call_takes_the_line_that_was_taken_last(desk: Desk, number: str) -> None:
    desk.ring()
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    desk.wait(1)
    desk.do("bob", DialNumber(f"9{ANSWERING}"))
    desk.wait(5)
    assert desk.leg("bob-desk").state is CallState.CONNECTED
    desk.do("carol", DialNumber(number))
    (ended,) = desk.exchange.snapshot(desk.now, "bob").ended
    assert (ended.cause, ended.ended) == (Cause.PREEMPTED, desk.now)
    assert (desk.leg("carol-old").state, desk.leg("carol-old").line) == (CallState.INITIATED, ended.leg.line)
    assert desk.leg("alice-desk").state is CallState.CONNECTED
    desk.wait(5)
    assert desk.leg("carol-old").state is CallState.CONNECTED


@pytest.mark.feature("CALL-22")
def test_an_emergency_call_takes_the_line_of_who_still_waits_for_an_answer(desk: Desk) -> None:
    desk.ring("+15855550102")
    desk.do("bob", DialNumber(f"9{ANSWERING}"))
    desk.wait(5)
    desk.do("carol", DialNumber("911"))
    assert {ended.cause for ended in desk.exchange.snapshot(desk.now, "ten").ended} == {Cause.PREEMPTED}
    assert desk.leg("bob-desk").state is CallState.CONNECTED
    assert desk.leg("carol-old").line == "Line 1"


@pytest.mark.feature("CALL-22")
def test_no_emergency_call_takes_the_line_of_another(desk: Desk) -> None:
    seized = desk.do("alice", SeizeLine())
    desk.do("alice", SendDigits(seized, "911"))
    desk.do("bob", DialNumber("911"))
    desk.do("carol", DialNumber("911"))
    assert desk.leg("carol-old").state is CallState.FAILED
    assert desk.legs_told("carol-old")[-1].cause is Cause.BUSY
    assert {desk.leg("alice-desk").line, desk.leg("bob-desk").line} == set(LINES)


def test_a_restricted_user_seizes_no_line() -> None:
    of = lined_office()
    users = {**of.users, "alice": dataclasses.replace(of.users["alice"], restricted=True)}
    assert refused(Desk(dataclasses.replace(of, users=users)), "alice", SeizeLine()).code is Code.NOT_PERMITTED


@pytest.mark.feature("QUEUE-06")
def test_all_calls_are_seen_fully_briefly_or_not_at_all(desk: Desk) -> None:
    desk.ring()
    (full,), (brief,) = calls(desk, "alice"), calls(desk, "bob")
    assert (full.originator.name, full.destination.name) == (JANE.name, "Main number")
    assert (brief.originator.name, brief.originator.number) == ("Private", "")
    assert (full.state, calls(desk, "carol"), full.started) == (CallState.ALERTING, (), desk.now)
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))
    assert calls(desk, "bob")[0].destination.name == "Alice"
    desk.do("bob", DialNumber(ANSWERING))
    out = calls(desk, "bob")[1]
    assert (out.originator.name, out.destination.name) == ("Bob", "Private")
    for leg in desk.exchange.legs():
        desk.exchange.hang_up(desk.now, leg.id)
    assert calls(desk, "alice") == calls(desk, "bob") == ()


@pytest.mark.feature("QUEUE-06")
def test_one_command_tells_the_calls_once_and_a_day_of_them_takes_no_time(desk: Desk) -> None:
    caller = desk.ring("+15855550102")
    told = [one for one in desk.told if isinstance(one, BoardTold) and one.now.board == "system_calls"]
    assert [one.user for one in told] == ["alice", "bob"], "ten handsets ring, and each is told once"
    desk.exchange.hang_up(desk.now, caller)
    before = time.process_time()
    for _ in range(5000):
        desk.exchange.hang_up(desk.now, desk.ring(SUPPORT))
        desk.told.clear()
    assert time.process_time() - before < 60
    assert calls(desk, "alice") == ()


def leave_message(desk: Desk, seconds: float) -> None:
    caller = desk.ring(MAIN)
    desk.wait(41)
    desk.wait(seconds)
    desk.exchange.hang_up(desk.now, caller)


def test_messages_are_heard_and_deleted_by_digit(desk: Desk) -> None:
    for _ in range(4):
        leave_message(desk, 10)
    assert lamp(desk) == (4, 0)
    leg = desk.do("alice", DialNumber("800"))
    assert desk.leg("alice-desk").party == Who("800", "Voicemail")
    desk.wait(12)
    assert lamp(desk) == (3, 1)
    desk.do("alice", SendDigits(leg, "17"))
    assert lamp(desk) == (2, 1)
    desk.do("alice", SendDigits(leg, "##"))
    assert lamp(desk) == (0, 3)
    desk.wait(4)
    assert desk.exchange.legs() == ()


def test_an_empty_box_says_so_and_hangs_up_and_nobody_is_sent_there(desk: Desk) -> None:
    desk.do("bob", DialNumber("800"))
    assert desk.leg("bob-desk").state is CallState.CONNECTED
    desk.wait(4)
    assert desk.exchange.legs() == ()
    assert not [
        one for one in desk.told if not isinstance(one, LegTold) and one.user == "bob" and one.now.board == "messages"
    ]  # type: ignore[union-attr]
