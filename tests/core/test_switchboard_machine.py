"""A phone system that does anything a phone system can, a line that breaks, and a switchboard that must keep up."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter

from boards import CALLER, Board, at, leg
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub import events
from hub.core.call import Call, CallState, Cause, Direction, LegState
from hub.core.signals import EndedLeg, Kind, LegSignal, Snapshot
from hub.core.transitions import LEG_TRANSITIONS, ProtocolError, state_of

CONVERSATIONS = st.sampled_from(["talk-1", "talk-2", "talk-3"])
LEGS = st.sampled_from([f"leg-{n}" for n in range(6)])


class Line(RuleBasedStateMachine):
    """Keeps its own account of the legs; what the switchboard tells is checked against it."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self.time = 0
        self.legs: dict[str, LegState] = {}
        self.connected = True
        self.ended: list[EndedLeg] = []
        self.births = 0
        self.told: list[events.CallEvent] = []

    @rule(conversation=CONVERSATIONS, direction=st.sampled_from(Direction))
    def a_leg_comes_up(self, conversation: str, direction: Direction) -> None:
        self.births += 1
        kind = Kind.DELIVERED if direction is Direction.INBOUND else Kind.ORIGINATED
        mates = [one for one in self.legs.values() if one.leg.conversation == conversation]
        if mates:
            direction = mates[0].leg.direction
        self.time += 1
        new = leg(f"leg-{self.births}", conversation, direction=direction, started=self.time)
        self.send(kind, new, None)

    @rule(pick=st.integers(0, 99), kind=st.sampled_from(Kind), cause=st.sampled_from(Cause))
    def something_happens_to_a_leg(self, pick: int, kind: Kind, cause: Cause) -> None:
        if not self.legs:
            return
        one = list(self.legs.values())[pick % len(self.legs)]
        self.time += 1
        if (one.state, kind) in LEG_TRANSITIONS:
            self.send(kind, one.leg, one, cause)
        elif self.connected:
            before = dict(self.board.calls)
            try:
                self.board.apply(LegSignal(kind=kind, leg=one.leg, at=at(self.time)))
            except ProtocolError:
                assert dict(self.board.calls) == before
            else:
                raise AssertionError((one.state, kind))

    def send(self, kind: Kind, what: object, before: LegState | None, cause: Cause = Cause.NORMAL) -> None:
        now = at(self.time)
        state = LEG_TRANSITIONS[before.state if before else CallState.NULL, kind]
        answered = before.answered if before else None
        if kind is Kind.ESTABLISHED and answered is None:
            answered = now
        if state is CallState.NULL:
            del self.legs[what.id]
            if not self.connected:
                self.ended.append(EndedLeg(leg=what, ended=now, answered=answered, cause=cause))
        else:
            self.legs[what.id] = LegState(leg=what, state=state, answered=answered)
        if self.connected:
            self.told += self.board.apply(LegSignal(kind=kind, leg=what, at=now, cause=cause))

    @rule(pick=st.integers(0, 99), conversation=CONVERSATIONS | st.just(""))
    def a_call_moves_to_another_conversation(self, pick: int, conversation: str) -> None:
        """As a transfer does; empty: one that nobody was in."""
        if not self.legs:
            return
        left = list(self.legs.values())[pick % len(self.legs)].leg.conversation
        self.births += 1
        moved = [one for one in self.legs.values() if one.leg.conversation == left]
        for one in moved:
            self.describe(one, conversation=conversation or f"moved-{self.births}")

    @rule(pick=st.integers(0, 99), conference=st.sampled_from(["", "conference-1"]))
    def a_leg_joins_or_leaves_a_conference(self, pick: int, conference: str) -> None:
        if self.legs:
            self.describe(list(self.legs.values())[pick % len(self.legs)], conference=conference)

    def describe(self, one: LegState, **changed: str) -> None:
        self.time += 1
        self.send(Kind.UPDATED, dataclasses.replace(one.leg, **changed), one)

    @rule()
    def the_line_breaks(self) -> None:
        self.connected = False

    @rule(restart=st.booleans())
    def the_line_is_back(self, restart: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        if restart:
            former = tuple({event.call.id for event in self.told if event.type == "end"})
            self.board = Board(calls=tuple(self.board.calls.values()), former=former)
        self.time += 1
        missed = self.board.resync(Snapshot(at=at(self.time), live=tuple(self.legs.values()), ended=tuple(self.ended)))
        assert all(event.inferred for event in missed)
        self.told += missed
        self.connected, self.ended = True, []

    @invariant()
    def every_call_begins_once_and_ends_once(self) -> None:
        keys = Counter(event.key for event in self.told)
        assert not [key for key, times in keys.items() if times > 1]
        by_call: dict[str, list[str]] = {}
        for event in self.told:
            by_call.setdefault(event.call.id, []).append(event.type)
        for name, types in by_call.items():
            assert types[0] in {"ring", "dial"}
            assert sum(one in {"ring", "dial"} for one in types) == 1
            assert types.count("answer") <= 1
            assert ("end" in types) is (name not in self.board.calls)
            assert "end" not in types[:-1]

    @invariant()
    def the_board_knows_the_legs_that_live(self) -> None:
        if not self.connected:
            return
        known = {one.leg.id: one for call in self.board.calls.values() for one in call.legs}
        assert known == self.legs
        for call in self.board.calls.values():
            assert call.state is state_of(call.legs)
            assert call.legs
            chief = next(one.leg for one in call.legs if one.state is call.state)
            assert (call.conversation, call.conference) == (chief.conversation, chief.conference)
            heard = [one.answered for one in call.legs if one.answered]
            assert not heard or call.answered is not None


TestLine = Line.TestCase


@given(st.lists(st.tuples(st.sampled_from(Kind), LEGS, CONVERSATIONS), max_size=40), st.data())
def test_no_sequence_of_signals_breaks_the_board(signals: list[tuple[Kind, str, str]], data: st.DataObject) -> None:
    board = Board()
    told: list[events.Event] = []
    for time, (kind, name, conversation) in enumerate(signals):
        one = leg(f"{conversation}/{name}", conversation, started=time, party=CALLER)
        with contextlib.suppress(ProtocolError):
            told += board.apply(LegSignal(kind=kind, leg=one, at=at(time)))
        if data.draw(st.integers(0, 9)) == 0:
            told += board.resync(Snapshot(at=at(time)))
            assert not board.calls
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    ended = {event.call.id for event in told if isinstance(event, events.End)}
    begun = {event.call.id for event in told if isinstance(event, (events.Ring, events.Dial))}
    assert begun - ended == set(board.calls)
    for event in told:
        assert isinstance(event, events.CallEvent)
        assert dataclasses.replace(event.call) == event.call
        assert isinstance(event.call, Call)
