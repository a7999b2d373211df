"""What a client of the simulated phone system can ask; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StrictBool, field_serializer

from hub.core.call import HoldKind  # noqa: TC001  pydantic reads it
from hub.core.presence import Presence as Where  # noqa: TC001
from hub.sim.wire_types import Destination, Id, Name, NumberText, Password, Secret, Wire


class SignIn(Wire):
    """Must come first: who is there, with the highest `protocol` they speak; with a new password if one is required."""

    type: Literal["sign_in"] = "sign_in"
    id: Id = ""
    protocol: int
    user: Id
    password: Password
    handsets: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    since: Id = ""
    new_password: Secret = ""

    @field_serializer("password", when_used="json")
    def _plain(self, password: SecretStr) -> str:
        return password.get_secret_value()


class LegRequest(Wire):
    """Asks something of one of the user's legs."""

    id: Id
    leg: Id


class Dial(Wire):
    """Call a number from a handset (empty: the first that can)."""

    type: Literal["dial"] = "dial"
    id: Id
    number: NumberText
    handset: Id = ""
    appearance: Id = ""


class Appearance(Wire):
    """Choose the appearance for the next outbound calls of a handset (empty: the first that can)."""

    type: Literal["appearance"] = "appearance"
    id: Id
    appearance: Id
    handset: Id = ""


class Seize(Wire):
    """Take an idle outside line (empty: any) to dial over."""

    type: Literal["seize"] = "seize"
    id: Id
    line: Name = ""
    handset: Id = ""


class AnswerLine(Wire):
    """Answer what rings at an outside line."""

    type: Literal["answer_line"] = "answer_line"
    id: Id
    line: Name
    handset: Id = ""


class ResumeShared(Wire):
    """Take over what is on shared hold at an appearance."""

    type: Literal["resume_shared"] = "resume_shared"
    id: Id
    appearance: Id
    handset: Id = ""


class Answer(LegRequest):
    """Answer a ringing leg."""

    type: Literal["answer"] = "answer"


class Hold(LegRequest):
    """Put a connected leg on hold; without a `kind` as its appearance does by default."""

    type: Literal["hold"] = "hold"
    kind: HoldKind | None = None


class Resume(LegRequest):
    """Take a held leg back."""

    type: Literal["resume"] = "resume"


class End(LegRequest):
    """Hang a leg up, decline it if it rings."""

    type: Literal["end"] = "end"


class Ignore(LegRequest):
    """Silence the handset of a ringing leg."""

    type: Literal["ignore"] = "ignore"


class Dnd(Wire):
    """Switch do-not-disturb."""

    type: Literal["dnd"] = "dnd"
    id: Id
    on: StrictBool


class ClearCalls(Wire):
    """Empty a handset's list of past calls."""

    type: Literal["clear_calls"] = "clear_calls"
    id: Id
    handset: Id = ""


class Presence(Wire):
    """Say where the user is."""

    type: Literal["presence"] = "presence"
    id: Id
    presence: Where


class Mute(LegRequest):
    """Let the far end hear nothing, or hear again."""

    type: Literal["mute"] = "mute"
    on: StrictBool


class Dtmf(LegRequest):
    """Send digits over a connected leg."""

    type: Literal["dtmf"] = "dtmf"
    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,64}$")]


class Record(LegRequest):
    """Send the audio of a leg as RTP: the user's voice to `near`, the far end's to `far`."""

    type: Literal["record"] = "record"
    near: Destination
    far: Destination
    codecs: Annotated[tuple[Id, ...], Field(max_length=20)]


class DetachMedia(LegRequest):
    """Send no more audio of a leg."""

    type: Literal["detach_media"] = "detach_media"


class Announce(LegRequest):
    """Say to everybody in a leg's conversation that it is recorded."""

    type: Literal["announce"] = "announce"


class Intercom(Wire):
    """Call a number from a handset, so that the other answers by itself."""

    type: Literal["intercom"] = "intercom"
    id: Id
    number: NumberText
    handset: Id = ""


class Consult(LegRequest):
    """Hold a leg and call a number for its sake."""

    type: Literal["consult"] = "consult"
    number: NumberText


class Transfer(LegRequest):
    """Send a call on to a number at once."""

    type: Literal["transfer"] = "transfer"
    number: NumberText


class Complete(LegRequest):
    """Put the parties of two legs through to each other."""

    type: Literal["complete_transfer"] = "complete_transfer"
    consulted: Id


class ToVoicemail(LegRequest):
    """Send a call to somebody's voicemail (empty: one's own)."""

    type: Literal["transfer_to_voicemail"] = "transfer_to_voicemail"
    user: Id = ""


class Conference(LegRequest):
    """Let two legs of a handset talk together."""

    type: Literal["conference"] = "conference"
    other: Id


class Leave(LegRequest):
    """Leave a conference; the others go on."""

    type: Literal["leave_conference"] = "leave_conference"


class Park(LegRequest):
    """Park a call in an orbit (empty: the first that is free)."""

    type: Literal["park"] = "park"
    orbit: Id = ""


class Retrieve(Wire):
    """Take a parked call to a handset (empty: the first that can)."""

    type: Literal["retrieve"] = "retrieve"
    id: Id
    orbit: Id
    handset: Id = ""


class PickUp(Wire):
    """Answer at a handset what rings at somebody else's."""

    type: Literal["pick_up"] = "pick_up"
    id: Id
    target: Id = ""
    handset: Id = ""


class HandOff(LegRequest):
    """Move a call to another handset of the user, once it is answered there."""

    type: Literal["handoff"] = "handoff"
    handset: Id


class GetSnapshot(Wire):
    """Ask what is true now, and what ended since a mark."""

    type: Literal["snapshot"] = "snapshot"
    id: Id
    since: Id = ""


class Ping(Wire):
    """Ask whether anybody is there."""

    type: Literal["ping"] = "ping"
    id: Id
