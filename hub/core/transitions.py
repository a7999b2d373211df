"""The two tables of the call model: what a signal makes of a leg, and what a change of state means for its call."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hub.core.call import CallState, Cause, Direction, Outcome
from hub.core.signals import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.core.call import LegState


class ProtocolError(Exception):
    """The phone system said what cannot be: the signal is impossible in the state that the leg is in."""


_NULL, _INITIATED, _ALERTING, _CONNECTED, _HOLD, _QUEUED, _FAILED = CallState

LEG_TRANSITIONS: dict[tuple[CallState, Kind], CallState] = {
    (_NULL, Kind.ORIGINATED): _INITIATED,
    (_NULL, Kind.DELIVERED): _ALERTING,
    (_NULL, Kind.DIVERTED): _NULL,
    (_INITIATED, Kind.DELIVERED): _ALERTING,
    (_INITIATED, Kind.QUEUED): _QUEUED,
    (_INITIATED, Kind.ESTABLISHED): _CONNECTED,
    (_INITIATED, Kind.FAILED): _FAILED,
    (_INITIATED, Kind.CLEARED): _NULL,
    (_INITIATED, Kind.UPDATED): _INITIATED,
    (_ALERTING, Kind.ESTABLISHED): _CONNECTED,
    (_ALERTING, Kind.QUEUED): _QUEUED,
    (_ALERTING, Kind.FAILED): _FAILED,
    (_ALERTING, Kind.CLEARED): _NULL,
    (_ALERTING, Kind.UPDATED): _ALERTING,
    (_CONNECTED, Kind.HELD): _HOLD,
    (_CONNECTED, Kind.CLEARED): _NULL,
    (_CONNECTED, Kind.UPDATED): _CONNECTED,
    (_HOLD, Kind.RETRIEVED): _CONNECTED,
    (_HOLD, Kind.CLEARED): _NULL,
    (_HOLD, Kind.UPDATED): _HOLD,
    (_QUEUED, Kind.DELIVERED): _ALERTING,
    (_QUEUED, Kind.ESTABLISHED): _CONNECTED,
    (_QUEUED, Kind.FAILED): _FAILED,
    (_QUEUED, Kind.CLEARED): _NULL,
    (_QUEUED, Kind.UPDATED): _QUEUED,
    (_FAILED, Kind.CLEARED): _NULL,
    (_FAILED, Kind.UPDATED): _FAILED,
}
"""What a signal makes of a leg. A pair that is not here is a `ProtocolError`."""


def next_state(state: CallState, kind: Kind) -> CallState:
    """Return the leg's next state; raise `ProtocolError` for an impossible pair."""
    try:
        return LEG_TRANSITIONS[state, kind]
    except KeyError:
        raise ProtocolError(f"a leg that is {state} cannot be {kind}") from None


class Step(StrEnum):
    """One thing that a call's change of state means. BEGUN is a ring or a dial, by the call's direction."""

    BEGUN = "begun"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    ENDED = "ended"
    CHANGED = "changed"


_BEGUN, _ANSWERED, _HELD, _RESUMED, _TRANSFERRED, _PARKED, _ENDED, _CHANGED = Step

CALL_STEPS: dict[tuple[CallState, CallState], tuple[Step, ...]] = {
    (_NULL, _INITIATED): (_BEGUN,),
    (_NULL, _ALERTING): (_BEGUN,),
    (_NULL, _QUEUED): (_BEGUN,),
    (_NULL, _FAILED): (_BEGUN,),
    (_NULL, _CONNECTED): (_BEGUN, _ANSWERED),
    (_NULL, _HOLD): (_BEGUN, _ANSWERED, _HELD),
    (_INITIATED, _CONNECTED): (_ANSWERED,),
    (_INITIATED, _HOLD): (_ANSWERED, _HELD),
    (_ALERTING, _CONNECTED): (_ANSWERED,),
    (_ALERTING, _HOLD): (_ANSWERED, _HELD),
    (_QUEUED, _CONNECTED): (_ANSWERED,),
    (_QUEUED, _HOLD): (_ANSWERED, _HELD),
    (_FAILED, _CONNECTED): (_ANSWERED,),
    (_FAILED, _HOLD): (_ANSWERED, _HELD),
    (_CONNECTED, _HOLD): (_HELD,),
    (_HOLD, _CONNECTED): (_RESUMED,),
}
"""What it means when a call goes from one state to another, seen live or found in a snapshot.

Any other change to a living state means CHANGED, any change to null ENDED.
"""


def steps(old: CallState, new: CallState) -> tuple[Step, ...]:
    """Return what the change means, in order; empty where nothing changed."""
    if new is _NULL:
        return (_ENDED,)
    if old is new:
        return ()
    return CALL_STEPS.get((old, new), (_CHANGED,))


_ENDINGS: dict[Cause, tuple[Step, ...]] = {
    Cause.TRANSFERRED: (_TRANSFERRED, _ENDED),
    Cause.PARKED: (_PARKED, _ENDED),
}


def ending(cause: Cause) -> tuple[Step, ...]:
    """Return what it means that a call's last leg was cleared for this reason."""
    return _ENDINGS.get(cause, (_ENDED,))


PRECEDENCE = (_CONNECTED, _HOLD, _ALERTING, _INITIATED, _QUEUED, _FAILED)


def state_of(legs: Iterable[LegState]) -> CallState:
    """Return the state of a call: the most telling of its legs', null without any."""
    present = {leg.state for leg in legs}
    return next((state for state in PRECEDENCE if state in present), _NULL)


OUTCOMES: dict[Cause, Outcome] = {
    Cause.TRANSFERRED: Outcome.TRANSFERRED,
    Cause.PARKED: Outcome.PARKED,
    Cause.PREEMPTED: Outcome.PREEMPTED,
}
_UNHEARD: dict[tuple[Direction, Cause], Outcome] = {
    (Direction.INBOUND, Cause.ELSEWHERE): Outcome.ELSEWHERE,
    (Direction.INBOUND, Cause.PREEMPTED): Outcome.MISSED,
    (Direction.OUTBOUND, Cause.BUSY): Outcome.FAILED,
    (Direction.OUTBOUND, Cause.UNREACHABLE): Outcome.FAILED,
    (Direction.OUTBOUND, Cause.REJECTED): Outcome.FAILED,
}


def outcome_of(direction: Direction, cause: Cause, *, answered: bool) -> Outcome:
    """Return how a call ended, from why its last leg was cleared and whether it had been answered."""
    if not answered and (direction, cause) in _UNHEARD:
        return _UNHEARD[direction, cause]
    if answered and cause is Cause.ELSEWHERE:
        return Outcome.ELSEWHERE  # taken over at another handset that has the shared appearance
    if answered or cause in OUTCOMES:  # a call can be sent on while it rings
        return OUTCOMES.get(cause, Outcome.ENDED)
    return Outcome.MISSED if direction is Direction.INBOUND else Outcome.NO_ANSWER
