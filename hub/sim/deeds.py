"""What people do in the calls of a scenario's day, and what that asks of the exchange. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.core.call import CallState, Direction
from hub.phone import commands
from hub.phone import transfer_commands as party_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.sim.exchange.journal import LegView


class Deed(StrEnum):
    """What somebody can do in a call."""

    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    DECLINE = "decline"
    IGNORE = "ignore"
    HANG_UP = "hang_up"
    TRANSFER = "transfer"
    VOICEMAIL = "voicemail"
    CONSULT = "consult"
    COMPLETE = "complete"
    CANCEL = "cancel"
    CONFERENCE = "conference"
    LEAVE = "leave"
    PARK = "park"
    RETRIEVE = "retrieve"
    PICK_UP = "pick_up"
    HAND_OFF = "hand_off"


NEEDS_TO = frozenset({Deed.TRANSFER, Deed.CONSULT, Deed.HAND_OFF})
"""What must say `to` whom, or to which handset."""
MAY_SAY_TO = NEEDS_TO | {Deed.VOICEMAIL, Deed.PARK}
"""What can say `to` whose voicemail, or in which orbit, besides."""


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody (`caller`, `called`, a user, a handset) does something `after` so many seconds, perhaps `to` another."""

    after: float
    deed: Deed
    who: str
    to: str = ""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.deed.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an act asks: `asks` of the exchange by `user`, in this order; of who is outside to hang up `leg`."""

    sentence: str
    leg: str = ""
    user: str = ""
    asks: tuple[commands.Command, ...] = ()


_LegCommand = Callable[[str, str], commands.LegCommand]
_UP = (CallState.CONNECTED, CallState.HOLD)
_ALL = (
    CallState.CONNECTED,
    CallState.ALERTING,
    CallState.INITIATED,
    CallState.QUEUED,
    CallState.FAILED,
    CallState.HOLD,
)

_BY_ONE_LEG: Mapping[Deed, tuple[tuple[CallState, ...], _LegCommand, str]] = {
    Deed.ANSWER: ((CallState.ALERTING,), lambda leg, _: commands.AnswerLeg(leg), "{who} answers"),
    Deed.HOLD: ((CallState.CONNECTED,), lambda leg, _: commands.HoldLeg(leg), "{who} puts {party} on hold"),
    Deed.RESUME: ((CallState.HOLD,), lambda leg, _: commands.ResumeLeg(leg), "{who} takes {party} back"),
    Deed.DECLINE: ((CallState.ALERTING,), lambda leg, _: commands.EndLeg(leg), "{who} declines {party}"),
    Deed.IGNORE: ((CallState.ALERTING,), lambda leg, _: commands.SilenceLeg(leg), "{who} silences the ringing"),
    Deed.HANG_UP: (_ALL, lambda leg, _: commands.EndLeg(leg), "{who} hangs up"),
    Deed.TRANSFER: ((*_UP, CallState.ALERTING), party_commands.TransferLeg, "{who} sends {party} on to {to}"),
    Deed.VOICEMAIL: ((*_UP, CallState.ALERTING), party_commands.VoicemailLeg, "{who} sends {party} to voicemail"),
    Deed.CONSULT: (_UP, party_commands.ConsultLeg, "{who} asks {to} about {party}"),
    Deed.LEAVE: (_UP[:1], lambda leg, _: party_commands.LeaveConference(leg), "{who} leaves the others to themselves"),
    Deed.PARK: (_UP, party_commands.ParkLeg, "{who} parks {party}"),
    Deed.HAND_OFF: (_UP[:1], party_commands.HandOffLeg, "{who} moves {party} to {to}"),
}
"""In which states a leg suits, the first best; what is asked of it and `to` whom; what is told."""

_BY_BOTH_LEGS: Mapping[Deed, tuple[Callable[[str, str], tuple[commands.Command, ...]], str]] = {
    Deed.COMPLETE: (
        lambda held, consulted: (party_commands.CompleteTransfer(held, consulted),),
        "{who} puts {party} through to {other}",
    ),
    Deed.CANCEL: (
        lambda held, consulted: (commands.EndLeg(consulted), commands.ResumeLeg(held)),
        "{who} drops {other} and takes {party} back",
    ),
    Deed.CONFERENCE: (
        lambda held, consulted: (party_commands.ConferenceLegs(held, consulted),),
        "{who} joins {party} and {other}",
    ),
}
"""What is asked of a held leg and the one that was dialled for its sake; what is told."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A call of the day as it stands, with those made for its sake: `legs`, oldest first.

    `caller` is the leg of who began, called `name`; `owners` says whose each handset is.
    """

    legs: Sequence[LegView]
    caller: str
    name: str
    owners: Mapping[str, str]

    def asked(self, act: Act) -> Asked | None:
        """Say what an act asks; None where the call has gone another way."""
        mine = [leg for leg in self.legs if self._means(act.who, leg)]
        if act.deed in _BY_BOTH_LEGS:
            return self._by_both(act.deed, mine)
        if act.deed in _BY_ONE_LEG:
            return self._by_one(act, mine)
        device = act.who if act.who in self.owners else ""
        return self._taken(act, self.owners.get(act.who, act.who), device)

    def _means(self, who: str, leg: LegView) -> bool:
        if who == "caller":
            return leg.id == self.caller
        if who == "called":
            return leg.id != self.caller
        return who in {leg.user, leg.device}

    def _by_one(self, act: Act, mine: Sequence[LegView]) -> Asked | None:
        states, command, told = _BY_ONE_LEG[act.deed]
        leg = next((leg for state in states for leg in mine if leg.state is state), None)
        if leg is None:
            return None
        who = leg.user or (self.name if leg.id == self.caller else "the other side")
        sentence = told.format(who=who, party=_party(leg), to=act.to)
        return Asked(sentence=sentence, leg=leg.id, user=leg.user, asks=(command(leg.id, act.to),))

    def _by_both(self, deed: Deed, mine: Sequence[LegView]) -> Asked | None:
        ids = {leg.id: leg for leg in mine}
        consulted = next((leg for leg in mine if leg.consults in ids), None)
        if consulted is None:
            return None
        command, told = _BY_BOTH_LEGS[deed]
        held = ids[consulted.consults]
        sentence = told.format(who=held.user, party=_party(held), other=_party(consulted))
        return Asked(sentence=sentence, user=held.user, asks=command(held.id, consulted.id))

    def _taken(self, act: Act, user: str, device: str) -> Asked | None:
        """Say what is asked by somebody who takes the call from an orbit, or from where it rings."""
        if act.deed is Deed.RETRIEVE:
            parked = next((leg for leg in self.legs if leg.orbit), None)
            if parked is None:
                return None
            sentence = f"{user} takes the call from orbit {parked.orbit}"
            return Asked(sentence=sentence, user=user, asks=(party_commands.RetrieveCall(parked.orbit, device),))
        ringing = (leg for leg in self.legs if leg.direction is Direction.INBOUND and leg.state is CallState.ALERTING)
        rung = next((leg for leg in ringing if leg.user != user), None)
        if rung is None:
            return None
        sentence = f"{user} picks up {_party(rung)} for {rung.user}"
        return Asked(sentence=sentence, user=user, asks=(party_commands.PickUp(rung.user, device),))


def _party(leg: LegView) -> str:
    return leg.party.name or leg.party.number or "the caller"
