"""What the wire says, in the hub's words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import Leg, LegState, Party
from hub.core.signals import DndSignal, EndedLeg, LegSignal, Snapshot
from hub.sim import wire

if TYPE_CHECKING:
    from hub.core.dial_plan import DialPlan
    from hub.core.signals import Signal
    from hub.sim.wire_types import WireLeg, WireParty, WireState


class Translator:
    """Reads numbers under one dial plan."""

    def __init__(self, plan: DialPlan) -> None:
        self._plan = plan

    def signal(self, event: wire.LegEvent | wire.DndEvent) -> Signal:
        """Return what happened."""
        if isinstance(event, wire.DndEvent):
            return DndSignal(on=event.on, at=event.at, mark=event.mark)
        return LegSignal(kind=event.kind, leg=self._leg(event.leg), at=event.at, cause=event.cause, mark=event.mark)

    def snapshot(self, state: WireState) -> Snapshot:
        """Return what is true."""
        return Snapshot(
            at=state.at,
            live=tuple(LegState(leg=self._leg(leg), state=leg.state, answered=leg.answered) for leg in state.live),
            ended=tuple(
                EndedLeg(leg=self._leg(one.leg), ended=one.ended, answered=one.leg.answered, cause=one.cause)
                for one in state.ended
            ),
            dnd=state.dnd,
            mark=state.mark,
        )

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
        )

    def _party(self, party: WireParty) -> Party:
        return Party(self._plan.number(party.number), party.name)
