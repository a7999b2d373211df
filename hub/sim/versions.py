"""The versions of the protocol (docs/wire-protocol.md): what there is in the first, and how it says the rest. Pure.

Both sides use the highest version that both speak. Version 1 has the first commands alone: a phone system or a hub that
speaks it works with those. What came with version 2 is then not declared, and refused by its name if it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import CallState, Cause, HoldKind
from hub.core.signals import Kind
from hub.phone.commands import ChooseAppearance, DialNumber, HoldLeg, ResumeShared
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_answers import BoardEvent, LegEvent, PresenceEvent, SignedIn, SnapshotAnswer, WireState
from hub.sim.wire_colleagues import ColleaguesEvent, ContactsEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.phone.commands import Command
    from hub.sim.wire_types import Wire, WireHandset, WireLeg

OLDEST = 1
NEWEST = 2
FIRST = frozenset({"dial", "answer", "hold", "resume", "end", "ignore", "dnd"})
"""The capabilities of version 1."""
_NEW_CAUSES = frozenset({Cause.RECALL, Cause.DO_NOT_DISTURB, Cause.PREEMPTED})


def has(protocol: int, capability: str) -> bool:
    """Whether a version of the protocol has a capability."""
    return protocol > OLDEST or capability in FIRST


def check(protocol: int, capability: str) -> None:
    """Raise `Refused` if a version of the protocol lacks a capability."""
    if not has(protocol, capability):
        text = f"version {protocol} of the protocol lacks the capability {capability}"
        raise Refused(Code.MISSING_CAPABILITY, text)


def needed(command: Command, protocol: int) -> str:
    """Return the capability that a command needs; in version 1 more than its name where it says what came later."""
    if protocol == OLDEST:
        match command:
            case DialNumber(appearance=name) if name:
                return ChooseAppearance.name
            case HoldLeg(kind=HoldKind.SHARED):
                return ResumeShared.name
    return command.name


def declared(welcome: SignedIn) -> SignedIn:
    """Return a greeting that declares what its version of the protocol has, and no more."""
    return welcome.model_copy(
        update={
            "capabilities": _of(welcome.protocol, welcome.capabilities),
            "handsets": tuple(_handset(welcome.protocol, one) for one in welcome.handsets),
            "further": tuple(_handset(welcome.protocol, one) for one in welcome.further),
        }
    )


def told(message: Wire, protocol: int) -> Wire | None:
    """Return a message as the server says it in a version of the protocol; None where that has no words for it."""
    if protocol > OLDEST:
        return message
    match message:
        case BoardEvent() | PresenceEvent() | ColleaguesEvent() | ContactsEvent() | LegEvent(kind=Kind.DIVERTED):
            return None
        case LegEvent():
            kind = Kind.UPDATED if message.kind is Kind.QUEUED else message.kind
            return message.model_copy(update={"kind": kind, "cause": _cause(message.cause), "leg": _leg(message.leg)})
        case SignedIn():
            return declared(message).model_copy(update={"snapshot": _state(message.snapshot)})
        case SnapshotAnswer():
            return message.model_copy(update={"snapshot": _state(message.snapshot)})
    return message


def _of(protocol: int, capabilities: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in capabilities if has(protocol, word))


def _handset(protocol: int, handset: WireHandset) -> WireHandset:
    return handset.model_copy(update={"capabilities": _of(protocol, handset.capabilities)})


def _state(state: WireState) -> WireState:
    ended = tuple(
        one.model_copy(update={"cause": _cause(one.cause)}) for one in state.ended if one.kind is not Kind.DIVERTED
    )
    live = tuple(map(_leg, state.live))
    unknown = {"boards": (), "presence": None, "colleagues": None, "contacts": None}
    return state.model_copy(update={**unknown, "live": live, "ended": ended})


def _cause(cause: Cause) -> Cause:
    return Cause.NORMAL if cause in _NEW_CAUSES else cause


def _leg(leg: WireLeg) -> WireLeg:
    """Who waits in a queue is still calling."""
    return leg.model_copy(update={"state": CallState.INITIATED}) if leg.state is CallState.QUEUED else leg
