"""The exchange's table: what can be done with a leg, by where it stands."""

from __future__ import annotations

from hub.core.call import CallState, Direction
from hub.core.signals import Kind
from hub.sim.exchange.conversation import JOINED
from hub.sim.exchange.refusal import Code, Refused

_IN, _OUT = Direction

_TAKES_AWAY = ("transfer", "transfer_to_voicemail", "complete_transfer", "park")

PERMITTED: dict[tuple[Direction, CallState, str], Kind] = {
    (_IN, CallState.ALERTING, "answer"): Kind.ESTABLISHED,
    (_IN, CallState.ALERTING, "ignore"): Kind.UPDATED,
    (_IN, CallState.ALERTING, "end"): Kind.CLEARED,
    (_IN, CallState.CONNECTED, "hold"): Kind.HELD,
    (_IN, CallState.CONNECTED, "mute"): Kind.UPDATED,
    (_IN, CallState.CONNECTED, "dtmf"): Kind.UPDATED,
    (_IN, CallState.CONNECTED, "record"): Kind.UPDATED,
    (_IN, CallState.CONNECTED, "detach_media"): Kind.UPDATED,
    (_IN, CallState.CONNECTED, "announce"): Kind.UPDATED,
    (_IN, CallState.CONNECTED, "end"): Kind.CLEARED,
    (_IN, CallState.HOLD, "resume"): Kind.RETRIEVED,
    (_IN, CallState.HOLD, "record"): Kind.UPDATED,
    (_IN, CallState.HOLD, "detach_media"): Kind.UPDATED,
    (_IN, CallState.HOLD, "end"): Kind.CLEARED,
    (_OUT, CallState.INITIATED, "dtmf"): Kind.UPDATED,
    (_OUT, CallState.INITIATED, "end"): Kind.CLEARED,
    (_OUT, CallState.ALERTING, "end"): Kind.CLEARED,
    (_OUT, CallState.QUEUED, "end"): Kind.CLEARED,
    (_OUT, CallState.CONNECTED, "hold"): Kind.HELD,
    (_OUT, CallState.CONNECTED, "mute"): Kind.UPDATED,
    (_OUT, CallState.CONNECTED, "dtmf"): Kind.UPDATED,
    (_OUT, CallState.CONNECTED, "record"): Kind.UPDATED,
    (_OUT, CallState.CONNECTED, "detach_media"): Kind.UPDATED,
    (_OUT, CallState.CONNECTED, "announce"): Kind.UPDATED,
    (_OUT, CallState.CONNECTED, "end"): Kind.CLEARED,
    (_OUT, CallState.HOLD, "resume"): Kind.RETRIEVED,
    (_OUT, CallState.HOLD, "record"): Kind.UPDATED,
    (_OUT, CallState.HOLD, "detach_media"): Kind.UPDATED,
    (_OUT, CallState.HOLD, "end"): Kind.CLEARED,
    (_OUT, CallState.FAILED, "end"): Kind.CLEARED,
    (_IN, CallState.ALERTING, "transfer"): Kind.CLEARED,
    (_IN, CallState.ALERTING, "transfer_to_voicemail"): Kind.CLEARED,
    **{(way, state, word): Kind.CLEARED for way in Direction for state in JOINED for word in _TAKES_AWAY},
    **{(way, CallState.CONNECTED, "consult"): Kind.HELD for way in Direction},
    **{(way, CallState.HOLD, "consult"): Kind.UPDATED for way in Direction},
    **{(way, CallState.CONNECTED, "conference"): Kind.UPDATED for way in Direction},
    **{(way, CallState.HOLD, "conference"): Kind.RETRIEVED for way in Direction},
    **{(way, CallState.CONNECTED, "leave_conference"): Kind.CLEARED for way in Direction},
    **{(way, CallState.CONNECTED, "handoff"): Kind.UPDATED for way in Direction},
}
"""What a command does to the leg it names. A pair that is not here is refused as `wrong_state`."""


def permitted(direction: Direction, state: CallState, command: str) -> Kind:
    """Return what the command does to such a leg; raises `Refused`."""
    try:
        return PERMITTED[direction, state, command]
    except KeyError:
        raise Refused(Code.WRONG_STATE, f"cannot {command} this call: it is {direction} and {state}") from None
