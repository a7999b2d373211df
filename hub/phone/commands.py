"""What can be asked of a phone system. Each command names the capability that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from hub.core.call import HoldKind
    from hub.core.presence import Presence


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do. `name` is its word on the wire and the capability an adapter must declare for it."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True)
class DialNumber(Command):
    """Call `number`, already under the phone system's dial plan, from `device` (empty: the user's default).

    `appearance` is the line key that it takes; empty: the one that is chosen at the device.
    """

    name: ClassVar[str] = "dial"

    number: str
    device: str = ""
    appearance: str = ""


@dataclass(frozen=True, slots=True)
class ChooseAppearance(Command):
    """Choose the line key of `device` (empty: the default one) for its next outbound calls; empty: its first free line.

    The choice stays until it is changed.
    """

    name: ClassVar[str] = "appearance"

    appearance: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class SeizeLine(Command):
    """Take an idle outside `line` (empty: any) at `device`; the digits to call are sent over the leg that it makes."""

    name: ClassVar[str] = "seize"

    line: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class AnswerLine(Command):
    """Answer what rings at an outside `line`, at `device` (empty: the first that has a key for the line)."""

    name: ClassVar[str] = "answer_line"

    line: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class ResumeShared(Command):
    """Take the call that is on shared hold at an appearance to `device` (empty: the first that has the appearance)."""

    name: ClassVar[str] = "resume_shared"

    appearance: str
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
    """Put a connected leg on hold; without a `kind` as its appearance does by default."""

    name: ClassVar[str] = "hold"

    kind: HoldKind | None = None


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
class MuteLeg(LegCommand):
    """Let the far end of a connected leg hear nothing of the user, or hear again."""

    name: ClassVar[str] = "mute"

    on: bool


@dataclass(frozen=True, slots=True)
class SendDigits(LegCommand):
    """Send `digits` (0-9, *, #, A-D) over a connected leg, as RFC 4733 tones."""

    name: ClassVar[str] = "dtmf"

    digits: str


@dataclass(frozen=True, slots=True)
class AttachMedia(LegCommand):
    """Send what is said on a leg as RTP: the user's own voice to `near`, the far end's to `far`, UDP hosts and ports.

    `codecs` are those that can be read, best first (RFC 3551 names). The answer says `codec` and `payload_type`,
    and should say `source_host` and `source_port`, where the audio is sent from: then that of nobody else is taken.
    It may end with the session: the hub asks again in the next one.
    """

    name: ClassVar[str] = "record"

    near: tuple[str, int]
    far: tuple[str, int]
    codecs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DetachMedia(LegCommand):
    """Send no more of what is said on a leg."""

    name: ClassVar[str] = "detach_media"


@dataclass(frozen=True, slots=True)
class Announce(LegCommand):
    """Tell both sides of a leg that the call is recorded."""

    name: ClassVar[str] = "announce"


@dataclass(frozen=True, slots=True)
class SetDnd(Command):
    """Switch do-not-disturb on the user's handsets."""

    name: ClassVar[str] = "dnd"

    on: bool


@dataclass(frozen=True, slots=True)
class ClearCalls(Command):
    """Empty a handset's own list of past calls; without `device` those of all handsets that have one."""

    name: ClassVar[str] = "clear_calls"

    device: str = ""


@dataclass(frozen=True, slots=True)
class SetPresence(Command):
    """Tell colleagues where the user is."""

    name: ClassVar[str] = "presence"

    presence: Presence


@dataclass(frozen=True, slots=True)
class MarkContact(Command):
    """Say what is the user's own of a contact that the phone system manages; None leaves it as it is.

    `primary` is one of the contact's numbers, empty for the first.
    """

    name: ClassVar[str] = "mark_contact"

    contact: str
    favourite: bool | None = None
    primary: str | None = None
