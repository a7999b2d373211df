"""The states of an agent of a queue, and what an agent can change by hand."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hub.core.call import CallState, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable


class AgentState(StrEnum):
    """What an agent is doing. From RINGING on the handset says it; SIGNED_OUT is who is signed in to no queue."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    RINGING = "ringing"
    ON_CALL = "on_call"
    ON_HOLD = "on_hold"
    IN_USE = "in_use"


_IDLE, _BUSY, _WRAP_UP = AgentState.IDLE, AgentState.BUSY, AgentState.WRAP_UP

BY_HAND = frozenset({(_IDLE, _BUSY), (_BUSY, _BUSY), (_WRAP_UP, _BUSY), (_WRAP_UP, _IDLE)})
"""What an agent can change by hand, from what to what. Who is busy becomes idle by signing in again."""

_WHY_NOT = {
    AgentState.SIGNED_OUT: "sign in to a queue first",
    AgentState.IDLE: "that is so already",
    AgentState.BUSY: "sign in again, which makes an agent idle",
}


def by_hand(old: AgentState, new: AgentState) -> str:
    """Return why an agent cannot change from one state to another by hand; empty where that can be done."""
    if (old, new) in BY_HAND:
        return ""
    if new not in {_IDLE, _BUSY}:
        return f"nobody becomes {new} by hand: choose idle or busy"
    return f"an agent who is {old} cannot become {new} by hand: {_WHY_NOT.get(old, 'the call must be over first')}"


HANDSET: dict[tuple[Direction, CallState], AgentState] = {
    (Direction.INBOUND, CallState.ALERTING): AgentState.RINGING,
    (Direction.INBOUND, CallState.CONNECTED): AgentState.ON_CALL,
    (Direction.INBOUND, CallState.HOLD): AgentState.ON_HOLD,
    (Direction.OUTBOUND, CallState.INITIATED): AgentState.IN_USE,
    (Direction.OUTBOUND, CallState.ALERTING): AgentState.IN_USE,
    (Direction.OUTBOUND, CallState.QUEUED): AgentState.IN_USE,
    (Direction.OUTBOUND, CallState.FAILED): AgentState.IN_USE,
    (Direction.OUTBOUND, CallState.CONNECTED): AgentState.ON_CALL,
    (Direction.OUTBOUND, CallState.HOLD): AgentState.ON_HOLD,
}
"""What a leg at one of the agent's handsets says of the agent; of several legs the first in `PRECEDENCE` counts."""

PRECEDENCE = (AgentState.ON_CALL, AgentState.IN_USE, AgentState.RINGING, AgentState.ON_HOLD)


def state_of_agent(legs: Iterable[tuple[Direction, CallState]], otherwise: AgentState) -> AgentState:
    """Return the state of an agent with these legs; `otherwise` where there are none."""
    said = {HANDSET[leg] for leg in legs}
    return next((state for state in PRECEDENCE if state in said), otherwise)
