from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from hub import events
from hub.core.call import Call, CallState, Cause, Direction, LegState
from hub.core.roster import Roster
from hub.core.signals import BoardSignal, ColleaguesSignal, DndSignal, Kind, PhoneContactsSignal, PresenceSignal
from hub.core.transitions import Step, ending, next_state, outcome_of, state_of, steps
from hub.core.visits import visits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from hub.core.boards import Board
    from hub.core.call import Contact, Leg
    from hub.core.colleagues import Colleague
    from hub.core.numbers import Number
    from hub.core.phone_contacts import PhoneContact
    from hub.core.presence import Presence
    from hub.core.signals import EndedLeg, LegSignal, Signal, Snapshot
    from hub.core.visits import Visit

_EVENTS: dict[Step, type[events.CallEvent]] = {
    Step.ANSWERED: events.Answer,
    Step.HELD: events.Hold,
    Step.RESUMED: events.Resume,
    Step.TRANSFERRED: events.Transfer,
    Step.PARKED: events.Park,
    Step.ENDED: events.End,
    Step.CHANGED: events.CallChanged,
}
_IN_USE = (CallState.CONNECTED, CallState.HOLD)


class Switchboard:
    """The calls of one user. Pure: signals and snapshots go in, events come out, time comes with the signals.

    `next_seq` numbers the user's events, `find_contacts` says at once who has a number. `calls` are those that were
    alive when the hub last knew, `former` the ids of some that had ended; `memory` bounds how many of these are kept.
    """

    def __init__(
        self,
        user: str,
        *,
        next_seq: Callable[[], int],
        find_contacts: Callable[[Number], tuple[Contact, ...]],
        calls: Iterable[Call] = (),
        former: Iterable[str] = (),
        memory: int = 1000,
    ) -> None:
        self.user = user
        self.dnd: bool | None = None
        self.presence: Presence | None = None
        self._next_seq = next_seq
        self._find_contacts = find_contacts
        self._calls = {call.id: call for call in calls}
        self._former: OrderedDict[str, None] = OrderedDict.fromkeys(former)
        self._memory = memory
        self._boards: dict[str, Board] = {}
        self._colleagues: Roster[Colleague] = Roster(attrgetter("user"))
        self._contacts: Roster[PhoneContact] = Roster(attrgetter("id"))

    @property
    def boards(self) -> Mapping[str, Board]:
        """What the phone shows beside the calls, by name, as far as the phone system told."""
        return self._boards

    @property
    def colleagues(self) -> Mapping[str, Colleague] | None:
        """The user's colleagues by name; None where the phone system does not tell."""
        return self._colleagues.all

    @property
    def contacts(self) -> Mapping[str, PhoneContact] | None:
        """The contacts that the phone system manages, by id; None where it does not tell."""
        return self._contacts.all

    @property
    def calls(self) -> Mapping[str, Call]:
        """The calls that live, by id, oldest first."""
        return self._calls

    def apply(self, signal: Signal) -> tuple[events.Event, ...]:
        """Apply a signal; return what it means. Raises `ProtocolError`, with nothing changed, if it cannot be."""
        if isinstance(signal, DndSignal):
            return self._apply_dnd(on=signal.on, at=signal.at, inferred=False)
        if isinstance(signal, PresenceSignal):
            return self._apply_presence(signal.presence, signal.at, inferred=False)
        if isinstance(signal, BoardSignal):
            return self._apply_board(signal.now, signal.at, inferred=False)
        if isinstance(signal, ColleaguesSignal):
            return self._tell_colleagues(*self._colleagues.change(signal.changed, signal.gone), signal.at)
        if isinstance(signal, PhoneContactsSignal):
            return self._tell_contacts(*self._contacts.change(signal.changed, signal.gone), signal.at)
        call = self._call_of(signal.leg)
        if call is None:
            next_state(CallState.NULL, signal.kind)
            call = self._new_call(signal.leg)
        before = next((leg for leg in call.legs if leg.leg.id == signal.leg.id), None)
        state = next_state(before.state if before else CallState.NULL, signal.kind)
        return tuple(self._move(call, _with_leg(call.legs, signal, state, before), signal))

    def resync(self, snapshot: Snapshot) -> tuple[events.Event, ...]:
        """Compare what is known with a snapshot; return what was missed, marked as inferred."""
        found = self._found(snapshot)
        missed: list[events.Event] = []
        for call in sorted(self._calls.values(), key=lambda call: call.started):
            visit = found.get(call.id)
            legs, gone = (visit.live, visit.ended) if visit else ((), ())
            missed += self._catch_up(call, legs, gone, snapshot.at)
        if snapshot.dnd is not None:
            missed += self._apply_dnd(on=snapshot.dnd, at=snapshot.at, inferred=True)
        if snapshot.presence is not None:
            missed += self._apply_presence(snapshot.presence, snapshot.at, inferred=True)
        for board in snapshot.boards:
            missed += self._apply_board(board, snapshot.at, inferred=True)
        missed += self._tell_colleagues(*self._colleagues.replace(snapshot.colleagues), snapshot.at, inferred=True)
        missed += self._tell_contacts(*self._contacts.replace(snapshot.contacts), snapshot.at, inferred=True)
        return tuple(missed)

    def ignore(self, call_id: str, at: datetime) -> tuple[events.Event, ...]:
        """Note that the user silenced a ringing call."""
        call = replace(self._calls[call_id], ignored=True)
        return (self._tell(events.CallChanged, call, at, inferred=False),)

    def contacts_found(self, number: Number, contacts: Iterable[Contact], at: datetime) -> tuple[events.Event, ...]:
        """Add what a slower lookup found to the calls that live with this number; each contact only once."""
        found: list[events.Event] = []
        names = [call.id for call in self._calls.values() if call.party.number == number]
        for contact in contacts:
            for name in names:
                call = self._calls[name]
                if contact not in call.contacts:
                    call = replace(call, contacts=(*call.contacts, contact))
                    found.append(self._tell(events.ContactFound, call, at, inferred=False, contact=contact))
        return tuple(found)

    # --- which call a leg belongs to ---

    def _call_of(self, leg: Leg) -> Call | None:
        calls = self._calls.values()
        own = (call for call in calls if any(known.leg.id == leg.id for known in call.legs))
        shared = (call for call in calls if call.conversation == leg.conversation)
        return next(own, None) or next(shared, None)

    def _call_with(self, leg: str) -> str:
        """Return the id of the call that has a leg, empty if none has."""
        return next((call.id for call in self._calls.values() for known in call.legs if known.leg.id == leg), "")

    def _new_call(self, leg: Leg) -> Call:
        name = first = f"{leg.conversation}.{self.user}"
        visit = 1
        while name in self._former or name in self._calls:
            visit += 1
            name = f"{first}.{visit}"
        return Call(
            id=name,
            conversation=leg.conversation,
            user=self.user,
            direction=leg.direction,
            state=CallState.NULL,
            party=leg.party,
            started=leg.started,
            dialled=leg.dialled,
            device=leg.device,
            line=leg.line,
            queue=leg.queue,
            internal=leg.internal,
            appearance=leg.appearance,
            orbit=leg.orbit,
            intercom=leg.intercom,
            contacts=self._find_contacts(leg.party.number),
        )

    def _found(self, snapshot: Snapshot) -> dict[str, Visit]:
        """Return what a snapshot tells of each call, by its id; calls that are new are added."""
        legs: defaultdict[tuple[str, str], list[LegState | EndedLeg]] = defaultdict(list)
        told: tuple[LegState | EndedLeg, ...] = (*snapshot.live, *snapshot.ended)
        for one in told:
            known = self._call_of(one.leg)
            legs[(known.id, "") if known else ("", one.leg.conversation)].append(one)
        found: dict[str, Visit] = {}
        for (known_as, _), together in legs.items():
            for visit in visits(together):
                is_known = known_as and known_as not in found
                call = self._calls[known_as] if is_known else self._new_call(visit.first)
                self._calls[call.id] = call
                found[call.id] = visit
        return found

    # --- what a change means ---

    def _move(self, call: Call, legs: tuple[LegState, ...], signal: LegSignal) -> Iterator[events.Event]:
        changed, at = self._described(call, legs), signal.at
        for step in steps(call.state, changed.state) or (Step.CHANGED,) * (changed != replace(call, legs=legs)):
            if step is Step.ANSWERED:
                if changed.answered is not None:
                    continue
                changed = replace(changed, answered=at)
            if step is Step.ENDED:
                changed = _ended(changed, at, signal.cause, signal.leg)
            for each in ending(signal.cause) if step is Step.ENDED else (step,):
                yield self._step(each, changed, at, inferred=False)
                changed = self._calls.get(call.id, changed)
        if changed.state is not CallState.NULL:
            self._calls[call.id] = changed

    def _catch_up(
        self, call: Call, legs: tuple[LegState, ...], gone: tuple[EndedLeg, ...], now: datetime
    ) -> Iterator[events.Event]:
        changed = self._described(call, legs)
        if gone and not legs:
            changed = self._as_it_was(changed, gone)
        todo = list(steps(call.state, changed.state))
        answers = [at for at in (*(leg.answered for leg in legs), *(leg.answered for leg in gone)) if at]
        when = {Step.BEGUN: call.started, Step.ANSWERED: min(answers, default=now)}
        silent = not legs and bool(gone) and all(leg.kind is Kind.DIVERTED for leg in gone)
        if call.state is CallState.NULL and Step.BEGUN not in todo and not silent:
            todo.insert(0, Step.BEGUN)
        if answers and call.answered is None and Step.ANSWERED not in todo:
            todo.insert(todo.index(Step.ENDED) if Step.ENDED in todo else len(todo), Step.ANSWERED)
        if call.answered is not None:
            todo = [step for step in todo if step is not Step.ANSWERED]
        if Step.ANSWERED in todo:
            changed = replace(changed, answered=when[Step.ANSWERED])
        if Step.ENDED in todo:
            last = gone[-1] if gone else None
            cause = last.cause if last else Cause.NORMAL
            changed = _ended(changed, last.ended if last else now, cause, last.leg if last else None)
            todo[todo.index(Step.ENDED) :] = ending(cause)
            when |= dict.fromkeys(ending(cause), changed.ended or now)
        if not todo and changed != replace(call, legs=legs):
            todo = [Step.CHANGED]
        self._calls[call.id] = changed
        for step in todo:
            yield self._step(step, self._calls.get(call.id, changed), when.get(step, now), inferred=True)

    def _as_it_was(self, call: Call, gone: tuple[EndedLeg, ...]) -> Call:
        """Return a call that is over as the last leg described it that was answered, or else rang."""
        heard = next((one.leg for one in reversed(gone) if one.answered), None)
        last = heard or gone[-1].leg
        contacts = call.contacts
        if last.party.number != call.party.number:
            contacts = self._find_contacts(last.party.number)
        if heard:
            call = replace(call, device=heard.device, line=heard.line)
        return replace(
            call, conversation=last.conversation, party=last.party, dialled=last.dialled, queue=last.queue,
            internal=last.internal, contacts=contacts,
        )  # fmt: skip

    def _described(self, call: Call, legs: tuple[LegState, ...]) -> Call:
        """Return the call as its legs describe it now; without legs it keeps the last description."""
        state = state_of(legs)
        if not legs:
            return replace(call, state=state, legs=())
        chief = next(leg for leg in legs if leg.state is state).leg
        contacts = call.contacts
        if chief.party.number != call.party.number:
            contacts = self._find_contacts(chief.party.number)
        return replace(
            call,
            conversation=chief.conversation,
            state=state,
            party=chief.party,
            dialled=chief.dialled,
            device=chief.device if state in _IN_USE else call.device,
            line=chief.line,
            queue=chief.queue,
            internal=chief.internal,
            appearance=chief.appearance,
            conference=chief.conference,
            consults=self._call_with(chief.consults) or call.consults,
            orbit=chief.orbit,
            held=chief.held if state is CallState.HOLD else None,
            muted=chief.muted,
            intercom=chief.intercom,
            network=chief.network or call.network,
            contacts=contacts,
            legs=legs,
        )

    def _step(self, step: Step, call: Call, at: datetime, *, inferred: bool) -> events.CallEvent:
        begun = events.Ring if call.direction is Direction.INBOUND else events.Dial
        return self._tell(_EVENTS.get(step, begun), call, at, inferred=inferred)

    def _tell(
        self, kind: type[events.CallEvent], call: Call, at: datetime, *, inferred: bool, **more: Contact
    ) -> events.CallEvent:
        counts = dict(call.counts)
        nth = counts[kind.type] = counts.get(kind.type, 0) + 1
        call = replace(call, counts=tuple(counts.items()))
        if kind is events.End:
            self._calls.pop(call.id, None)
            self._former[call.id] = None
            if len(self._former) > self._memory:
                self._former.popitem(last=False)
        else:
            self._calls[call.id] = call
        return kind(seq=self._next_seq(), at=at, user=self.user, inferred=inferred, call=call, nth=nth, **more)

    def _apply_dnd(self, *, on: bool, at: datetime, inferred: bool) -> tuple[events.Event, ...]:
        before, self.dnd = self.dnd, on
        if before is on or (before is None and inferred):
            return ()
        return (events.DndChanged(seq=self._next_seq(), at=at, user=self.user, inferred=inferred, on=on),)

    def _apply_presence(self, now: Presence, at: datetime, *, inferred: bool) -> tuple[events.Event, ...]:
        before, self.presence = self.presence, now
        if before is now or (before is None and inferred):
            return ()
        kind = events.PresenceChanged
        return (kind(seq=self._next_seq(), at=at, user=self.user, inferred=inferred, presence=now, before=before),)

    def _apply_board(self, board: Board, at: datetime, *, inferred: bool) -> tuple[events.Event, ...]:
        before = self._boards.get(board.name)
        self._boards[board.name] = board
        if before == board or (before is None and inferred):
            return ()
        kind = events.BOARDS[type(board)]
        return (kind(seq=self._next_seq(), at=at, user=self.user, inferred=inferred, now=board),)

    def _tell_colleagues(
        self, changed: tuple[Colleague, ...], gone: tuple[str, ...], at: datetime, *, inferred: bool = False
    ) -> tuple[events.Event, ...]:
        if not changed and not gone:
            return ()
        seq, kind = self._next_seq(), events.ColleaguesChanged
        return (kind(seq=seq, at=at, user=self.user, inferred=inferred, changed=changed, gone=gone),)

    def _tell_contacts(
        self, changed: tuple[PhoneContact, ...], gone: tuple[str, ...], at: datetime, *, inferred: bool = False
    ) -> tuple[events.Event, ...]:
        if not changed and not gone:
            return ()
        seq, kind = self._next_seq(), events.PhoneContactsChanged
        return (kind(seq=seq, at=at, user=self.user, inferred=inferred, changed=changed, gone=gone),)


def _with_leg(
    legs: tuple[LegState, ...], signal: LegSignal, state: CallState, before: LegState | None
) -> tuple[LegState, ...]:
    if state is CallState.NULL:
        return tuple(leg for leg in legs if leg is not before)
    answered = before.answered if before else None
    if answered is None and signal.kind is Kind.ESTABLISHED:
        answered = signal.at
    after = LegState(leg=signal.leg, state=state, answered=answered)
    if before is None:
        return (*legs, after)
    return tuple(after if leg is before else leg for leg in legs)


def _ended(call: Call, at: datetime, cause: Cause, leg: Leg | None) -> Call:
    outcome = outcome_of(call.direction, cause, answered=call.answered is not None)
    orbit, network = (leg.orbit, leg.network or call.network) if leg else (call.orbit, call.network)
    return replace(
        call, state=CallState.NULL, ended=at, outcome=outcome, orbit=orbit, network=network, held=None, conference=""
    )
