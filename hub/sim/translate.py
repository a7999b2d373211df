"""What the wire says, in the hub's words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.core.call import Leg, LegState, Network, Party
from hub.core.colleagues import Colleague
from hub.core.phone_contacts import PhoneContact
from hub.core.signals import (
    BoardSignal,
    ColleaguesSignal,
    DndSignal,
    EndedLeg,
    LegSignal,
    PhoneContactsSignal,
    PresenceSignal,
    Snapshot,
)
from hub.sim import wire_answers
from hub.sim.wire_boards import WirePart
from hub.sim.wire_colleagues import ColleaguesEvent, ContactsEvent
from hub.sim.wire_types import WireParty

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.core.boards import Board
    from hub.core.dial_plan import DialPlan
    from hub.core.signals import Signal
    from hub.sim.wire import Event
    from hub.sim.wire_answers import WireState
    from hub.sim.wire_boards import WireBoard
    from hub.sim.wire_colleagues import WireColleague, WireContact
    from hub.sim.wire_types import Wire, WireLeg


class Translator:
    """Reads numbers under one dial plan."""

    def __init__(self, plan: DialPlan) -> None:
        self._plan = plan

    def signal(self, event: Event) -> Signal | None:
        """Return what happened; None for a board of a later version."""
        if isinstance(event, wire_answers.DndEvent):
            return DndSignal(on=event.on, at=event.at, mark=event.mark)
        if isinstance(event, wire_answers.PresenceEvent):
            return PresenceSignal(presence=event.presence, at=event.at, mark=event.mark)
        if isinstance(event, wire_answers.BoardEvent):
            board = self._board(event.now)
            return None if board is None else BoardSignal(now=board, at=event.at, mark=event.mark)
        if isinstance(event, ColleaguesEvent):
            return ColleaguesSignal(changed=self._colleagues(event.changed), gone=event.gone, at=event.at)
        if isinstance(event, ContactsEvent):
            return PhoneContactsSignal(changed=self._contacts(event.changed), gone=event.gone, at=event.at)
        return LegSignal(kind=event.kind, leg=self._leg(event.leg), at=event.at, cause=event.cause, mark=event.mark)

    def snapshot(self, state: WireState) -> Snapshot:
        """Return what is true."""
        return Snapshot(
            at=state.at,
            live=tuple(LegState(leg=self._leg(leg), state=leg.state, answered=leg.answered) for leg in state.live),
            ended=tuple(
                EndedLeg(
                    leg=self._leg(one.leg), ended=one.ended, answered=one.leg.answered, cause=one.cause, kind=one.kind
                )
                for one in state.ended
            ),
            dnd=state.dnd,
            presence=state.presence,
            boards=tuple(board for board in map(self._board, state.boards) if board is not None),
            colleagues=None if state.colleagues is None else self._colleagues(state.colleagues),
            contacts=None if state.contacts is None else self._contacts(state.contacts),
            mark=state.mark,
        )

    def _colleagues(self, told: Iterable[WireColleague]) -> tuple[Colleague, ...]:
        return tuple(Colleague(**self._fields(one)) for one in told)

    def _contacts(self, told: Iterable[WireContact]) -> tuple[PhoneContact, ...]:
        return tuple(PhoneContact(**self._fields(one)) for one in told)

    def _board(self, board: WireBoard) -> Board | None:
        return None if board.becomes is None else board.becomes(**self._fields(board))

    def _fields(self, told: Wire) -> dict[str, Any]:
        names = (name for name in type(told).model_fields if name != "board")
        return {name: self._value(getattr(told, name)) for name in names}

    def _value(self, told: Any) -> Any:
        match told:
            case WireParty():
                return self._party(told)
            case WirePart():
                return told.becomes(**self._fields(told))
            case tuple():
                return tuple(map(self._value, told))
        return told

    def _leg(self, leg: WireLeg) -> Leg:
        return Leg(
            id=leg.id,
            conversation=leg.conversation,
            device=leg.device,
            direction=leg.direction,
            party=self._party(leg.party),
            started=leg.started,
            dialled=self._party(leg.dialled),
            line=leg.line,
            queue=leg.queue,
            internal=leg.internal,
            appearance=leg.appearance,
            conference=leg.conference,
            consults=leg.consults,
            orbit=leg.orbit,
            held=leg.held,
            muted=leg.muted,
            intercom=leg.intercom,
            network=None if leg.network is None else Network(**leg.network.model_dump()),
        )

    def _party(self, party: WireParty) -> Party:
        return Party(self._plan.number(party.number), party.name)
