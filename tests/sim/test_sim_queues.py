"""Queues and agents at the exchange: whom a queue calls, for how long, and what agents may change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from call_centres import NUMBER, PIN, Centre, call_centre, ring_then, with_queue

from hub.core.agent import AgentState
from hub.core.call import CallState, Cause
from hub.core.queue_boards import Distribution
from hub.core.signals import Kind
from hub.phone.agent_commands import SetAgentState, SignInAgent, SignOutAgent
from hub.phone.commands import DialNumber, EndLeg, HoldLeg, ResumeLeg, SetDnd
from hub.phone.transfer_commands import TransferLeg
from hub.sim.exchange.office import Queue, ToQueue, ToVoicemail
from hub.sim.exchange.refusal import Code, Refused

LINEAR, ROUND, LONGEST, ALL = (
    Distribution.LINEAR, Distribution.ROUND_ROBIN, Distribution.LONGEST_IDLE, Distribution.RING_ALL,
)  # fmt: skip


def test_linear_always_begins_with_the_first() -> None:
    centre = Centre(call_centre(LINEAR))
    centre.come("cat", "ben", "ann")
    for _ in range(3):
        centre.call()
        assert centre.ringing == ["ann"]
        centre.answer("ann")
        centre.hang_up("ann")


def test_round_robin_goes_on_behind_the_last() -> None:
    centre = Centre(call_centre(ROUND))
    centre.come("ann", "ben", "dan")
    rung = []
    for _ in range(4):
        centre.call()
        rung += centre.ringing
        centre.hang_up(centre.ringing[0]) if not centre.answer(rung[-1]) else centre.hang_up(rung[-1])
    assert rung == ["ann", "ben", "dan", "ann"]


def test_round_robin_counts_no_agent_twice_who_rings_on() -> None:
    centre = Centre(call_centre(ROUND))
    centre.come("ann", "ben", "cat")
    centre.busy("ben")
    centre.call()
    centre.wait(1)
    centre.call()
    assert centre.ringing == ["ann", "cat"]
    centre.answer("cat")
    centre.wait(15)
    assert centre.ringing == ["ann"]
    centre.come("ben", "dan")
    centre.call()
    assert centre.ringing == ["ann", "dan"], "the next behind Cat, though Ann has gone on ringing since"


def test_a_call_that_is_transferred_to_a_queue_waits_there() -> None:
    centre = Centre(call_centre())
    centre.do("eve", DialNumber("105"))
    leg = centre.answer("boss")
    centre.do("boss", TransferLeg(leg, "700"))
    assert (centre.status().waiting, centre.leg("eve-desk").queue) == (1, "Support")
    centre.come("ann")
    centre.answer("ann")
    assert centre.leg("eve-desk").party.name == "ann"
    assert centre.status().waiting == 0


def test_longest_idle_calls_who_has_been_idle_longest() -> None:
    centre = Centre(call_centre(LONGEST))
    centre.come("cat", "ann", "ben")
    rung = []
    for _ in range(4):
        centre.call()
        rung += centre.ringing
        centre.answer(rung[-1])
        centre.wait(5)
        centre.hang_up(rung[-1])
        centre.wait(1)
    assert rung == ["cat", "ann", "ben", "cat"]


def test_ring_all_rings_everybody_who_is_idle_and_whoever_comes() -> None:
    centre = Centre(call_centre(ALL))
    centre.come("ann", "ben")
    centre.call()
    assert centre.ringing == ["ann", "ben"]
    centre.come("dan")
    assert centre.ringing == ["ann", "ben", "dan"]
    centre.call()
    assert len(centre.ringing) == 3, "the second caller waits for somebody who is free"
    centre.answer("ben")
    assert sorted(centre.ringing) == ["ann", "dan"]
    assert {leg.party.name for leg in centre.exchange.legs("ann")} == {"Caller 2"}
    assert centre.legs_told("ann-desk")[-2].cause is Cause.ELSEWHERE


def test_who_does_not_answer_is_followed_by_the_next_and_comes_again() -> None:
    centre = Centre(call_centre(LINEAR))
    centre.come("ann", "ben")
    centre.call()
    rung = []
    for _ in range(5):
        rung += centre.ringing
        centre.wait(15)
    assert rung == ["ann", "ben", "ann", "ben", "ann"]
    missed = centre.legs_told("ann-desk")
    assert [told.cause for told in missed if told.kind is Kind.CLEARED] == [Cause.NO_ANSWER] * 3


def test_the_only_agent_rings_on() -> None:
    centre = Centre(call_centre(LINEAR))
    centre.come("ann")
    centre.call()
    centre.wait(100)
    assert centre.kinds("ann-desk") == [Kind.DELIVERED]


def test_the_only_agent_goes_to_the_caller_of_higher_priority_in_the_end() -> None:
    centre = Centre(call_centre(LINEAR))
    centre.come("ann")
    centre.call()
    centre.wait(5)
    centre.call("+15855550109")
    assert centre.leg("ann-desk").party.name == "Caller 1"
    centre.wait(10)
    assert centre.leg("ann-desk").party.name == "Caller 2"


def test_callers_come_by_priority_then_by_their_wait() -> None:
    centre = Centre(call_centre(LINEAR))
    for number in (NUMBER, NUMBER, "+15855550109"):
        centre.call(number)
        centre.wait(1)
    served = []
    centre.come("ann")
    for _ in range(3):
        served.append(centre.leg("ann-desk").party.name)
        centre.answer("ann")
        centre.hang_up("ann")
    assert served == ["Caller 3", "Caller 1", "Caller 2"]


def test_who_declines_is_not_rung_for_that_call_again() -> None:
    centre = Centre(call_centre(LINEAR))
    centre.come("ann", "ben")
    centre.call()
    centre.hang_up("ann")
    assert centre.ringing == ["ben"]
    centre.hang_up("ben")
    assert centre.ringing == []
    assert centre.status().waiting == 1
    centre.call()
    assert centre.ringing == ["ann"]


def test_who_waits_too_long_takes_the_next_step() -> None:
    centre = Centre(call_centre(steps=(ToQueue("Support", 40), ring_then("boss"), ToVoicemail("boss"))))
    centre.come("ann")
    centre.call()
    centre.wait(39)
    assert centre.ringing == ["ann"]
    centre.wait(1)
    assert centre.ringing == ["boss"]
    assert centre.status().waiting == 0
    centre.wait(20)
    assert [leg.party.name for leg in centre.exchange.legs() if leg.state is CallState.CONNECTED] != []
    centre.wait(60)
    assert centre.exchange.legs() == ()


def test_without_a_next_step_the_caller_is_told() -> None:
    centre = Centre(call_centre(steps=(ToQueue("Support", 40),)))
    centre.do("eve", DialNumber("700"))
    centre.call()
    centre.wait(40)
    assert [leg.state for leg in centre.exchange.legs()] == [CallState.QUEUED], "the extension knows no time limit"
    centre.do("eve", EndLeg(centre.leg("eve-desk").id))
    assert centre.exchange.legs() == ()


def test_a_full_queue_lets_nobody_in() -> None:
    centre = Centre(call_centre(steps=(ToQueue("Support"), ring_then("boss")), capacity=2))
    for _ in range(3):
        centre.call()
    assert centre.status().waiting == 2
    assert centre.ringing == ["boss"]


def test_a_user_who_calls_a_queue_sees_that_the_call_waits() -> None:
    centre = Centre(call_centre())
    centre.do("eve", DialNumber("700"))
    leg = centre.leg("eve-desk")
    assert (leg.state, leg.queue, leg.party.name) == (CallState.QUEUED, "Support", "Help for customers")
    centre.come("ann")
    assert centre.leg("ann-desk").queue == "Support"
    centre.answer("ann")
    assert centre.kinds("eve-desk") == [Kind.ORIGINATED, Kind.QUEUED, Kind.ESTABLISHED]


def test_an_agent_is_not_called_by_themselves_nor_while_disturbing_is_off() -> None:
    centre = Centre(call_centre())
    centre.come("ann", "ben")
    centre.do("ann", DialNumber("700"))
    assert centre.ringing == ["ben"]
    centre.do("ann", EndLeg(centre.leg("ann-desk").id))
    centre.do("ann", SetDnd(on=True))
    centre.call()
    assert centre.ringing == ["ben"]
    centre.do("ann", SetDnd(on=False))
    centre.call()
    assert centre.ringing == ["ben", "ann"]


def test_the_caller_who_hangs_up_frees_the_agent() -> None:
    centre = Centre(call_centre(LONGEST))
    centre.come("ann")
    caller = centre.call()
    centre.wait(3)
    centre.exchange.hang_up(centre.now, caller)
    assert centre.exchange.legs() == ()
    assert (centre.agent("ann").state, centre.status().waiting) == (AgentState.IDLE, 0)


# --- what is told ---


def test_the_boards_tell_who_waits_and_who_is_there() -> None:
    centre = Centre(call_centre(LONGEST))
    assert centre.status().waiting_since is None
    first = centre.now
    centre.call()
    centre.wait(7)
    centre.call()
    status = centre.status()
    assert (status.waiting, status.waiting_since, status.agents) == (2, first, 0)
    centre.come("ann", "ben")
    told = centre.status("ann")
    assert (told.agents, told.signed_in, told.supervises) == (2, True, False)
    assert centre.status("cat").signed_in is False
    assert centre.board("eve", "queues") is None
    assert centre.board("boss", "agent") is None
    centre.answer("ann")
    assert centre.status().waiting == 1
    assert centre.status().waiting_since == first + timedelta(seconds=7)


def test_ring_all_tells_no_number_of_agents() -> None:
    centre = Centre(call_centre(ALL))
    centre.come("ann")
    assert centre.status().agents is None


def test_a_supervisor_sees_the_agents_and_nobody_else_does() -> None:
    centre = Centre(call_centre())
    centre.come("ann", "ben")
    centre.busy("ben", "training")
    changed = centre.now
    centre.wait(3)
    centre.call()
    agents = {one.user: one for one in centre.board("boss", "agents").agents}
    assert [(one.user, one.state) for one in agents.values()] == [
        ("ann", "ringing"), ("ben", "busy"), ("cat", "signed_out"), ("dan", "signed_out"),
    ]  # fmt: skip
    assert (agents["ben"].reason, agents["ben"].since) == ("training", changed)
    assert (agents["ann"].queue, agents["ann"].since) == ("Support", centre.now)
    assert centre.board("ann", "agents") is None


def test_every_state_of_an_agent() -> None:
    centre = Centre(call_centre(wrap_up=30))

    def state() -> str:
        return str(centre.agent("ann").state)

    seen = [state()]
    centre.come("ann")
    seen.append(state())
    centre.call()
    seen.append(state())
    leg = centre.answer("ann")
    seen.append(state())
    centre.do("ann", HoldLeg(leg))
    seen.append(state())
    centre.do("ann", ResumeLeg(leg))
    centre.hang_up("ann")
    seen.append(state())
    assert centre.agent("ann").until == centre.now + timedelta(seconds=30)
    centre.wait(29)
    assert state() == "wrap_up"
    centre.wait(1)
    assert (state(), centre.agent("ann").since) == ("idle", centre.now)
    centre.do("ann", DialNumber("105"))
    seen.append(state())
    centre.hang_up("ann")
    centre.busy("ann")
    seen.append(state())
    assert seen == ["signed_out", "idle", "ringing", "on_call", "on_hold", "wrap_up", "in_use", "busy"]


def test_wrap_up_follows_calls_of_the_queue_only_and_keeps_the_next_one_off() -> None:
    centre = Centre(call_centre(wrap_up=30))
    centre.come("ann")
    centre.do("eve", DialNumber("101"))
    centre.answer("ann")
    centre.hang_up("ann")
    assert centre.agent("ann").state == "idle"
    centre.call()
    centre.answer("ann")
    centre.call()
    centre.hang_up("ann")
    assert centre.ringing == []
    centre.wait(30)
    assert centre.ringing == ["ann"]


# --- by hand ---


def test_by_hand_only_what_the_table_allows() -> None:
    centre = Centre(call_centre(wrap_up=30))
    centre.come("ann")
    centre.busy("ann", "lunch")
    centre.wait(5)
    centre.busy("ann", "training")
    assert (centre.agent("ann").reason, centre.agent("ann").since) == ("training", centre.now)
    with pytest.raises(Refused, match="sign in again"):
        centre.idle("ann")
    centre.come("ann")
    assert (centre.agent("ann").state, centre.agent("ann").reason) == ("idle", "")
    centre.call()
    for _ in range(2):
        for new in (AgentState.IDLE, AgentState.BUSY):
            with pytest.raises(Refused) as refused:
                centre.do("ann", SetAgentState(new))
            assert refused.value.code is Code.WRONG_STATE
        if centre.ringing:
            centre.answer("ann")
    centre.hang_up("ann")
    centre.idle("ann")
    assert centre.agent("ann").state == "idle"
    centre.call()
    centre.answer("ann")
    centre.hang_up("ann")
    centre.busy("ann")
    assert (centre.agent("ann").state, centre.agent("ann").until) == ("busy", None)
    centre.wait(60)
    assert centre.agent("ann").state == "busy"


@pytest.mark.parametrize("command", [SignInAgent, SignOutAgent])
def test_the_pin_must_be_right(command: type[SignInAgent | SignOutAgent]) -> None:
    centre = Centre(call_centre(signed_in=("ann",)))
    before = centre.agent("ann")
    for pin in ("1234", "", PIN + "0"):
        with pytest.raises(Refused, match="the PIN is not that of ann") as refused:
            centre.do("ann", command((), pin))
        assert refused.value.code is Code.WRONG_PIN
    assert centre.agent("ann") == before
    assert PIN not in repr(command((), PIN))


def test_who_is_no_agent_cannot_sign_in() -> None:
    centre = Centre(call_centre())
    for name, queues in (("eve", ()), ("ann", ("Sales",))):
        with pytest.raises(Refused, match="agent of") as refused:
            centre.do(name, SignInAgent(queues, PIN))
        assert refused.value.code is Code.UNKNOWN_QUEUE


def test_chosen_queues() -> None:
    office = call_centre()
    sales = Queue(name="Sales", extension="701", agents=("ann",), ring=10)
    centre = Centre(with_queue(office, sales))
    centre.come("ann", queues=("Sales",))
    assert centre.agent("ann").queues == ("Sales",)
    centre.call()
    assert centre.ringing == []
    centre.do("eve", DialNumber("701"))
    assert centre.ringing == ["ann"]
    with pytest.raises(Refused, match="rings"):
        centre.go("ann")
    centre.answer("ann")
    centre.go("ann", queues=("Sales",))
    assert centre.agent("ann").state == "signed_out"
    centre.hang_up("ann")
    centre.come("ann")
    assert centre.agent("ann").queues == ("Support", "Sales")
    assert centre.ringing == ["ann"], "who waited is called for"


def test_signing_out_ends_the_wrap_up() -> None:
    centre = Centre(call_centre(wrap_up=30))
    centre.come("ann")
    centre.call()
    centre.answer("ann")
    centre.hang_up("ann")
    centre.go("ann")
    centre.come("ann")
    assert centre.agent("ann").state == "idle"
