from __future__ import annotations

import itertools

import pytest

from hub.core.call import CallState, Cause, Direction, Outcome
from hub.core.signals import Kind
from hub.core.transitions import CALL_STEPS, LEG_TRANSITIONS, ProtocolError, Step, next_state, outcome_of, steps

POSSIBLE = """
null       originated  initiated
null       delivered   alerting
null       diverted    null
initiated  delivered   alerting
initiated  queued      queued
initiated  established connected
initiated  failed      failed
initiated  cleared     null
initiated  updated     initiated
alerting   established connected
alerting   queued      queued
alerting   failed      failed
alerting   cleared     null
alerting   updated     alerting
connected  held        hold
connected  cleared     null
connected  updated     connected
hold       retrieved   connected
hold       cleared     null
hold       updated     hold
queued     delivered   alerting
queued     established connected
queued     failed      failed
queued     cleared     null
queued     updated     queued
failed     cleared     null
failed     updated     failed
"""


def test_every_pair_of_state_and_signal() -> None:
    expected = {(old, kind): new for old, kind, new in (line.split() for line in POSSIBLE.split("\n") if line)}
    for state, kind in itertools.product(CallState, Kind):
        if (state, kind) in expected:
            assert next_state(state, kind) == expected[state, kind]
        else:
            with pytest.raises(ProtocolError, match=f"{state} cannot be {kind}"):
                next_state(state, kind)
    assert len(LEG_TRANSITIONS) == len(expected)


def test_every_change_of_a_call_begins_or_ends_or_is_told() -> None:
    for old, new in itertools.product(CallState, CallState):
        told = steps(old, new)
        if new is CallState.NULL:
            assert told == (Step.ENDED,)
        elif old is new:
            assert told == ()
        else:
            assert (Step.BEGUN in told) is (old is CallState.NULL)
            assert told[-1] is not Step.ENDED
            assert told == CALL_STEPS.get((old, new), (Step.CHANGED,))


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("direction", Direction)
def test_outcome_of_every_cause(direction: Direction, cause: Cause) -> None:
    talked = outcome_of(direction, cause, answered=True)
    same = {Cause.TRANSFERRED, Cause.PARKED, Cause.ELSEWHERE, Cause.PREEMPTED}
    assert talked == (cause.value if cause in same else Outcome.ENDED)
    unheard = outcome_of(direction, cause, answered=False)
    if cause in {Cause.TRANSFERRED, Cause.PARKED}:
        assert unheard == cause.value, "a call can be sent on while it rings"
    elif direction is Direction.INBOUND:
        assert unheard is (Outcome.ELSEWHERE if cause is Cause.ELSEWHERE else Outcome.MISSED)
    elif cause is Cause.PREEMPTED:
        assert unheard is Outcome.PREEMPTED
    else:
        failed = cause in {Cause.BUSY, Cause.UNREACHABLE, Cause.REJECTED}
        assert unheard is (Outcome.FAILED if failed else Outcome.NO_ANSWER)
