"""What a phone shows beside its calls. A board is told whole each time that anything on it changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.call import CallState, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One thing that a phone shows; `name` is also the type of the event that tells it."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages(Board):
    """The message-waiting lamp: how many voicemail messages are new, and how many were heard already.

    `number` is what to dial to hear them.
    """

    name: ClassVar[str] = "messages"

    new: int
    old: int = 0
    number: str = ""


class AppearanceKind(StrEnum):
    """What a line key of a handset is for."""

    LINE = "line"
    SHARED = "shared"
    BLUETOOTH = "bluetooth"
    INTERCOM = "intercom"


class LineState(StrEnum):
    """How a shared appearance or an outside line stands; HELD: any handset that has the appearance can resume."""

    IDLE = "idle"
    RINGING = "ringing"
    IN_USE = "in_use"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A line key of the handset `device`; `chosen` is the one that the next outbound call takes.

    `state` and `by` (who is on it) are told of shared ones, those that others may be on; None: the user's calls tell.
    """

    device: str
    name: str
    kind: AppearanceKind
    chosen: bool = False
    state: LineState | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearances(Board):
    """The line keys of the user's handsets; none chosen at a handset: its first free line."""

    name: ClassVar[str] = "appearances"

    appearances: tuple[Appearance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLine:
    """An outside line, who inside is on it (`by`) and the `party` outside, as far as the user may know."""

    name: str
    state: LineState
    by: str
    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Board):
    """The outside lines that the user's handsets have keys for."""

    name: ClassVar[str] = "lines"

    lines: tuple[OutsideLine, ...]


class Permission(StrEnum):
    """What a user may see of other people's calls; BRIEF: all but who is outside."""

    NONE = "none"
    BRIEF = "brief"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCall:
    """A call of the phone system, whoever is in it; `id` is its conversation."""

    id: str
    started: datetime
    state: CallState
    originator: Party
    destination: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCalls(Board):
    """All calls that are active in the phone system, oldest first, as far as the user may see them."""

    name: ClassVar[str] = "system_calls"

    permission: Permission
    calls: tuple[SystemCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedCall:
    """A call that is parked: who waits in which orbit, since when (aware UTC), and which user put them there."""

    orbit: str
    party: Party
    since: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked(Board):
    """The calls that are parked, the longest first, and the orbits there are."""

    name: ClassVar[str] = "parked"

    orbits: tuple[str, ...] = ()
    calls: tuple[ParkedCall, ...] = ()
