from __future__ import annotations

import itertools

import pytest

from hub.core.agent import BY_HAND, HANDSET, AgentState, by_hand, state_of_agent
from hub.core.call import CallState, Direction

ALLOWED = {("idle", "busy"), ("busy", "busy"), ("wrap_up", "busy"), ("wrap_up", "idle")}
IN, OUT = Direction


@pytest.mark.parametrize(("old", "new"), list(itertools.product(AgentState, AgentState)), ids="-".join)
def test_every_pair_by_hand(old: AgentState, new: AgentState) -> None:
    why = by_hand(old, new)
    assert ((old, new) in BY_HAND) is ((old.value, new.value) in ALLOWED) is (why == "")
    assert why == "" or new in why or old in why


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (AgentState.BUSY, AgentState.IDLE, "sign in again"),
        (AgentState.IDLE, AgentState.IDLE, "that is so already"),
        (AgentState.SIGNED_OUT, AgentState.BUSY, "sign in to a queue first"),
        (AgentState.ON_CALL, AgentState.BUSY, "the call must be over first"),
        (AgentState.IDLE, AgentState.RINGING, "choose idle or busy"),
    ],
)
def test_what_cannot_be_done_says_what_can(old: AgentState, new: AgentState, told: str) -> None:
    assert told in by_hand(old, new)


@pytest.mark.parametrize(
    ("legs", "state"),
    [
        ((), AgentState.WRAP_UP),
        (((IN, CallState.ALERTING),), AgentState.RINGING),
        (((IN, CallState.HOLD),), AgentState.ON_HOLD),
        (((IN, CallState.HOLD), (IN, CallState.ALERTING)), AgentState.RINGING),
        (((IN, CallState.HOLD), (OUT, CallState.QUEUED)), AgentState.IN_USE),
        (((OUT, CallState.CONNECTED), (IN, CallState.ALERTING)), AgentState.ON_CALL),
        (((OUT, CallState.FAILED),), AgentState.IN_USE),
    ],
)
def test_the_handset_says_what_an_agent_is_doing(
    legs: tuple[tuple[Direction, CallState], ...], state: AgentState
) -> None:
    assert state_of_agent(legs, AgentState.WRAP_UP) is state


def test_every_leg_that_can_be_says_something() -> None:
    impossible = {(IN, CallState.INITIATED), (IN, CallState.QUEUED), (IN, CallState.FAILED)}
    every = {(direction, state) for direction in Direction for state in CallState if state is not CallState.NULL}
    assert set(HANDSET) == every - impossible
