"""What can be asked about more than one party: sending calls on, joining them, taking them from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub.phone.commands import Command, LegCommand


@dataclass(frozen=True, slots=True)
class IntercomNumber(Command):
    """Call `number` from `device` so that its handset answers by itself after one tone; outside an ordinary call."""

    name: ClassVar[str] = "intercom"

    number: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class ConsultLeg(LegCommand):
    """Hold a leg and call `number` from its device, for its sake."""

    name: ClassVar[str] = "consult"

    number: str


@dataclass(frozen=True, slots=True)
class TransferLeg(LegCommand):
    """Send a call on to `number` at once; a ringing one is deflected."""

    name: ClassVar[str] = "transfer"

    number: str


@dataclass(frozen=True, slots=True)
class CompleteTransfer(LegCommand):
    """Put the parties of a leg and of the leg `consulted` through to each other."""

    name: ClassVar[str] = "complete_transfer"

    consulted: str


@dataclass(frozen=True, slots=True)
class VoicemailLeg(LegCommand):
    """Send a call to the voicemail of `user` (a name or an extension; empty: one's own)."""

    name: ClassVar[str] = "transfer_to_voicemail"

    user: str = ""


@dataclass(frozen=True, slots=True)
class ConferenceLegs(LegCommand):
    """Let a leg and the leg `other` of the same device talk together."""

    name: ClassVar[str] = "conference"

    other: str


@dataclass(frozen=True, slots=True)
class LeaveConference(LegCommand):
    """Leave the conference that a leg is in; the others go on."""

    name: ClassVar[str] = "leave_conference"


@dataclass(frozen=True, slots=True)
class ParkLeg(LegCommand):
    """Park a call in an `orbit` (empty: the first that is free)."""

    name: ClassVar[str] = "park"

    orbit: str = ""


@dataclass(frozen=True, slots=True)
class RetrieveCall(Command):
    """Take the call that is parked in `orbit` to `device`."""

    name: ClassVar[str] = "retrieve"

    orbit: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class PickUp(Command):
    """Answer at `device` what rings at `target`: a user or group, by name or extension (empty: one's own groups)."""

    name: ClassVar[str] = "pick_up"

    target: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class HandOffLeg(LegCommand):
    """Let another `device` of the user ring for a call that goes on; answered there, it has moved."""

    name: ClassVar[str] = "handoff"

    device: str
