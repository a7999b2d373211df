from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from offices import ANSWERING, Desk

from hub.core.call import CallState, Direction
from hub.core.transitions import LEG_TRANSITIONS
from hub.phone.commands import AnswerLeg, DialNumber, EndLeg, HoldLeg, LegCommand, ResumeLeg, SilenceLeg
from hub.sim.exchange.permitted import PERMITTED
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = (AnswerLeg, HoldLeg, ResumeLeg, EndLeg, SilenceLeg)


def ringing(desk: Desk) -> None:
    desk.ring()


def answered(desk: Desk) -> None:
    desk.ring()
    desk.do("alice", AnswerLeg(desk.leg("alice-desk").id))


def on_hold(desk: Desk) -> None:
    answered(desk)
    desk.do("alice", HoldLeg(desk.leg("alice-desk").id))


def dialling(desk: Desk) -> None:
    desk.do("alice", DialNumber(ANSWERING))


def far_end_rings(desk: Desk) -> None:
    desk.do("alice", DialNumber("102"))


def in_a_queue(desk: Desk) -> None:
    desk.do("alice", DialNumber("700"))


def got_through(desk: Desk) -> None:
    dialling(desk)
    desk.wait(10)


def got_through_on_hold(desk: Desk) -> None:
    got_through(desk)
    desk.do("alice", HoldLeg(desk.leg("alice-desk").id))


def failed(desk: Desk) -> None:
    desk.do("alice", DialNumber("555"))


WAYS: dict[tuple[Direction, CallState], Callable[[Desk], None]] = {
    (Direction.INBOUND, CallState.ALERTING): ringing,
    (Direction.INBOUND, CallState.CONNECTED): answered,
    (Direction.INBOUND, CallState.HOLD): on_hold,
    (Direction.OUTBOUND, CallState.INITIATED): dialling,
    (Direction.OUTBOUND, CallState.ALERTING): far_end_rings,
    (Direction.OUTBOUND, CallState.QUEUED): in_a_queue,
    (Direction.OUTBOUND, CallState.CONNECTED): got_through,
    (Direction.OUTBOUND, CallState.HOLD): got_through_on_hold,
    (Direction.OUTBOUND, CallState.FAILED): failed,
}


@pytest.mark.parametrize(
    ("where", "command"),
    list(itertools.product(WAYS, COMMANDS)),
    ids=lambda value: value.name if isinstance(value, type) else "-".join(value),
)
def test_every_state_and_command(where: tuple[Direction, CallState], command: type[LegCommand]) -> None:
    desk = Desk()
    WAYS[where](desk)
    leg = desk.leg("alice-desk")
    assert (leg.direction, leg.state) == where
    already, heard = len(desk.told), len(desk.kinds("alice-desk"))
    kind = PERMITTED.get((*where, command.name))
    if kind is None:
        with pytest.raises(Refused) as refused:
            desk.do("alice", command(leg.id))
        assert refused.value.code is Code.WRONG_STATE
        assert len(desk.told) == already
        assert desk.leg("alice-desk") == leg
    else:
        desk.do("alice", command(leg.id))
        assert desk.kinds("alice-desk")[heard] is kind


def test_the_table_names_only_states_that_can_be_reached() -> None:
    assert {(direction, state) for direction, state, _ in PERMITTED} == set(WAYS)


def test_the_table_asks_only_what_the_leg_table_allows() -> None:
    assert [entry for entry, kind in PERMITTED.items() if (entry[1], kind) not in LEG_TRANSITIONS] == []
