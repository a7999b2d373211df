"""What each user's call history holds in the end, and whether all of them together can be true."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hub.core.call import CallState, Direction, Outcome
from hub.events import CallEvent, Dial, End, Ring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hub.core.call import Call
    from hub.events import Event
    from hub.sim.exchange.journal import LegTold


class Histories:
    """The calls of each user as their switchboards told them last; `extensions` are the users' numbers."""

    def __init__(self, extensions: Mapping[str, str]) -> None:
        self._extensions = {number: user for user, number in extensions.items()}
        self._calls: dict[str, Call] = {}
        self._told: defaultdict[str, list[str]] = defaultdict(list)
        self._same: dict[str, str] = {}
        self._conversations: dict[str, str] = {}

    def hear(self, told: Iterable[Event]) -> None:
        """Write down what a switchboard tells, as the hub's history does."""
        for event in told:
            if isinstance(event, CallEvent):
                self._calls[event.call.id] = event.call
                self._told[event.call.id].append(event.type)

    def follow(self, told: LegTold) -> None:
        """Note which conversations became one: a leg went from the one to the other."""
        before = self._conversations.setdefault(told.leg.id, told.leg.conversation)
        one, other = self._first(before), self._first(told.leg.conversation)
        if one != other:
            self._same[one] = other

    def _first(self, conversation: str) -> str:
        while conversation in self._same:
            conversation = self._same[conversation]
        return conversation

    # --- what must hold when all calls are over ---

    def check(self) -> None:
        """Raise `AssertionError` where the histories contradict themselves or each other."""
        together: defaultdict[str, list[Call]] = defaultdict(list)
        for call in self._calls.values():
            self._is_whole(call)
            together[self._first(call.conversation)].append(call)
        for calls in together.values():
            for call in calls:
                self._has_another_side(call, [other for other in calls if other.user != call.user])
            self._nobody_is_in_it_twice(calls)
            self._two_sides_agree(calls)

    def outcomes(self) -> Iterator[str]:
        """Yield how each call ended, and what else came about."""
        yield from (str(call.outcome) for call in self._calls.values())
        yield from ("merged" for _ in self._same)
        yield from ("kept away" for told in self._told.values() if told == [End.type])

    def _is_whole(self, call: Call) -> None:
        """Every start has one end, and the times are in order."""
        told = Counter(self._told[call.id])
        assert (call.state, told["end"]) == (CallState.NULL, 1), call
        assert self._told[call.id][-1] == "end", call
        assert call.outcome is not None
        assert call.ended is not None
        begun = told[Ring.type] + told[Dial.type]
        kept_away = self._told[call.id] == [End.type] and call.direction is Direction.INBOUND and not call.device
        assert begun == (0 if kept_away else 1), (call, told)
        assert call.started <= (call.answered or call.ended) <= call.ended
        unheard = {Outcome.MISSED, Outcome.NO_ANSWER, Outcome.FAILED}
        assert (call.answered is None) or call.outcome not in unheard, call
        assert call.answered is not None or call.outcome is not Outcome.ENDED, call

    def _has_another_side(self, call: Call, others: list[Call]) -> None:
        """Who called, and who answered instead, has the conversation in the history, too."""
        caller = self._extensions.get(call.party.number.text)
        by_a_user = call.direction is Direction.INBOUND and caller is not None and not _is_machine(call)
        if call.answered is None and by_a_user:
            assert any(other.user == caller and other.started <= call.started for other in others), (call, others)
        if call.outcome is Outcome.ELSEWHERE and call.answered is None:
            assert any(other.answered and other.answered >= call.started for other in others), (call, others)
        if call.outcome is Outcome.ENDED and call.internal and not _is_machine(call):
            assert any(_met(call, other) for other in others), (call, others)

    def _nobody_is_in_it_twice(self, calls: list[Call]) -> None:
        """Whoever is in a conversation again had left it; two that became one later do not count."""
        for one, other in itertools.combinations(sorted(calls, key=lambda call: call.started), 2):
            if one.user == other.user and one.id.partition(".")[0] == other.id.partition(".")[0]:
                assert one.ended is not None
                assert one.ended <= other.started, (one, other)

    def _two_sides_agree(self, calls: list[Call]) -> None:
        """Where one called another and nobody else had to do with it, both tell the same story."""
        if len(calls) != 2 or not all(call.internal for call in calls):
            return
        outbound, inbound = sorted(calls, key=lambda call: call.direction is Direction.INBOUND)
        ways = (outbound.direction, inbound.direction)
        if ways != (Direction.OUTBOUND, Direction.INBOUND) or outbound.user == inbound.user:
            return
        if not {outbound.outcome, inbound.outcome} <= {
            Outcome.ENDED,
            Outcome.MISSED,
            Outcome.NO_ANSWER,
            Outcome.FAILED,
        }:
            return
        assert outbound.conversation == inbound.conversation
        assert self._extensions[inbound.party.number.text] == outbound.user
        if inbound.answered:
            assert self._extensions[outbound.party.number.text] == inbound.user
            assert (outbound.answered, outbound.ended) == (inbound.answered, inbound.ended)
            assert outbound.outcome is inbound.outcome is Outcome.ENDED
        else:
            assert inbound.outcome is Outcome.MISSED
            assert outbound.answered is None or _is_machine(outbound), "nobody else answered"


def _met(one: Call, other: Call) -> bool:
    """Whether two people talked at the same time."""
    if not (one.answered and one.ended and other.answered and other.ended):
        return False
    return max(one.answered, other.answered) <= min(one.ended, other.ended)


def _is_machine(call: Call) -> bool:
    """Whether the other side is a voicemail box."""
    return call.party.name.startswith("Voicemail") or call.party.number.text == "800"
