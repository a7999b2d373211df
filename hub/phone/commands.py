"""What can be asked of a phone system. Each command names the capability that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do. `name` is its word on the wire and the capability an adapter must declare for it."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True)
class DialNumber(Command):
    """Call `number`, already under the phone system's dial plan, from `device` (empty: the user's default)."""

    name: ClassVar[str] = "dial"

    number: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class LegCommand(Command):
    """Something to do with one of the user's legs."""

    leg: str


@dataclass(frozen=True, slots=True)
class AnswerLeg(LegCommand):
    """Answer a ringing leg at its device."""

    name: ClassVar[str] = "answer"


@dataclass(frozen=True, slots=True)
class HoldLeg(LegCommand):
    """Put a connected leg on hold."""

    name: ClassVar[str] = "hold"


@dataclass(frozen=True, slots=True)
class ResumeLeg(LegCommand):
    """Take a held leg back."""

    name: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True)
class EndLeg(LegCommand):
    """Hang a leg up; a ringing one is declined."""

    name: ClassVar[str] = "end"


@dataclass(frozen=True, slots=True)
class SilenceLeg(LegCommand):
    """Silence a ringing device; the call goes on ringing elsewhere."""

    name: ClassVar[str] = "ignore"


@dataclass(frozen=True, slots=True)
class SetDnd(Command):
    """Switch do-not-disturb on the user's handsets."""

    name: ClassVar[str] = "dnd"

    on: bool
