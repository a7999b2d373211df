from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.core.numbers import NO_NUMBER, Number

if TYPE_CHECKING:
    from datetime import datetime


class CallState(StrEnum):
    """The state of a leg or of a call, in the words of CSTA (ECMA-269, connection states)."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAILED = "failed"


class Direction(StrEnum):
    """Which way a call goes, seen from its user."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Cause(StrEnum):
    """Why a leg failed or was cleared, in the words of CSTA where it has one."""

    NORMAL = "normal"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    ELSEWHERE = "elsewhere"
    REDIRECTED = "redirected"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    RECALL = "recall"
    DO_NOT_DISTURB = "do_not_disturb"
    PREEMPTED = "preempted"


class HoldKind(StrEnum):
    """Who can take a call back: this handset alone, or every handset with the shared appearance."""

    PRIVATE = "private"
    SHARED = "shared"


class Outcome(StrEnum):
    """How a call ended for its user; PREEMPTED: its outside line was needed for an emergency call."""

    ENDED = "ended"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    NO_ANSWER = "no_answer"
    MISSED = "missed"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"
    PREEMPTED = "preempted"


@dataclass(frozen=True, slots=True)
class Party:
    """Who is at an end of a call: the number and the name that the phone system told, both hostile input."""

    number: Number = NO_NUMBER
    name: str = ""


NOBODY = Party()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a contact source knows of a caller."""

    id: str
    name: str
    company: str = ""
    source: str = ""
    groups: tuple[str, ...] = ()
    favourite: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the audio of a call came, as the device measured it, None where it does not say.

    `codec` is its RTP encoding name, `jitter` in seconds (RFC 3550, 6.4.1), `loss` the part of packets that did not
    come (0 to 1), `mos` an estimate of how people would judge it, 1 to 5 (ITU-T P.800.1, MOS-LQE).
    """

    codec: str = ""
    jitter: float | None = None
    loss: float | None = None
    mos: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One connection of one of the user's devices to a conversation, as the phone system describes it.

    `conversation` is the phone system's name for the whole conversation, the same for every user in it. `party` is the
    other end, `dialled` what the caller dialled to get here (DNIS), `started` when the leg came up (aware UTC).
    `appearance` is the line key that it is on. Legs of one device with the same `conference` are talking together.
    `consults` names the held leg for whose sake this one was dialled, `orbit` where the call is or was parked. `held`
    says how, while on hold; while `muted` the far end hears nothing; an `intercom` call answered by itself. `network`
    is how its audio came, where the device tells that.
    """

    id: str
    conversation: str
    device: str
    direction: Direction
    party: Party
    started: datetime
    dialled: Party = NOBODY
    line: str = ""
    queue: str = ""
    internal: bool = False
    appearance: str = ""
    conference: str = ""
    consults: str = ""
    orbit: str = ""
    held: HoldKind | None = None
    muted: bool = False
    intercom: bool = False
    network: Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegState:
    """A leg and where it stands; `answered` is when it was first connected."""

    leg: Leg
    state: CallState
    answered: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One user's view of one conversation, immutable: many legs, one call.

    `id` is unique in the hub and stays; `conversation` is shared with the other users in it. `started`, `answered` and
    `ended` are aware UTC. `device` is the one that is in use (or rang first), `contacts` those that match, best first.
    `counts` says how many events of each type the call has had; that is what makes an event's key. `consults` is the id
    of the call for whose sake this one was dialled; for what else is not told here, see `Leg`.
    """

    id: str
    conversation: str
    user: str
    direction: Direction
    state: CallState
    party: Party
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    outcome: Outcome | None = None
    dialled: Party = NOBODY
    device: str = ""
    line: str = ""
    queue: str = ""
    internal: bool = False
    ignored: bool = False
    appearance: str = ""
    conference: str = ""
    consults: str = ""
    orbit: str = ""
    held: HoldKind | None = None
    muted: bool = False
    intercom: bool = False
    network: Network | None = None
    contacts: tuple[Contact, ...] = ()
    legs: tuple[LegState, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def contact(self) -> Contact | None:
        """The best matching contact, if any."""
        return self.contacts[0] if self.contacts else None

    @property
    def name(self) -> str:
        """The name to show: the contact's, else what the phone system told, else empty."""
        return self.contacts[0].name if self.contacts else self.party.name
