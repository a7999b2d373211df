"""What a client of the simulated phone system can ask; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StrictBool, field_serializer

from hub.core.call import HoldKind  # noqa: TC001  pydantic reads it
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


class Answer(Wire):
    """Answer a ringing leg."""

    type: Literal["answer"] = "answer"
    id: Id
    leg: Id


class Hold(Wire):
    """Put a connected leg on hold; without a `kind` as its appearance does by default."""

    type: Literal["hold"] = "hold"
    id: Id
    leg: Id
    kind: HoldKind | None = None


class Resume(Wire):
    """Take a held leg back."""

    type: Literal["resume"] = "resume"
    id: Id
    leg: Id


class End(Wire):
    """Hang a leg up, decline it if it rings."""

    type: Literal["end"] = "end"
    id: Id
    leg: Id


class Ignore(Wire):
    """Silence the handset of a ringing leg."""

    type: Literal["ignore"] = "ignore"
    id: Id
    leg: Id


class Dnd(Wire):
    """Switch do-not-disturb."""

    type: Literal["dnd"] = "dnd"
    id: Id
    on: StrictBool


class Mute(Wire):
    """Let the far end hear nothing, or hear again."""

    type: Literal["mute"] = "mute"
    id: Id
    leg: Id
    on: StrictBool


class Dtmf(Wire):
    """Send digits over a connected leg."""

    type: Literal["dtmf"] = "dtmf"
    id: Id
    leg: Id
    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,64}$")]


class Record(Wire):
    """Send the audio of a leg as RTP: the user's voice to `near`, the far end's to `far`."""

    type: Literal["record"] = "record"
    id: Id
    leg: Id
    near: Destination
    far: Destination
    codecs: Annotated[tuple[Id, ...], Field(max_length=20)]


class DetachMedia(Wire):
    """Send no more audio of a leg."""

    type: Literal["detach_media"] = "detach_media"
    id: Id
    leg: Id


class Announce(Wire):
    """Say to everybody in a leg's conversation that it is recorded."""

    type: Literal["announce"] = "announce"
    id: Id
    leg: Id


class Intercom(Wire):
    """Call a number from a handset, so that the other answers by itself."""

    type: Literal["intercom"] = "intercom"
    id: Id
    number: NumberText
    handset: Id = ""


class Consult(Wire):
    """Hold a leg and call a number for its sake."""

    type: Literal["consult"] = "consult"
    id: Id
    leg: Id
    number: NumberText


class Transfer(Wire):
    """Send a call on to a number at once."""

    type: Literal["transfer"] = "transfer"
    id: Id
    leg: Id
    number: NumberText


class Complete(Wire):
    """Put the parties of two legs through to each other."""

    type: Literal["complete_transfer"] = "complete_transfer"
    id: Id
    leg: Id
    consulted: Id


class ToVoicemail(Wire):
    """Send a call to somebody's voicemail (empty: one's own)."""

    type: Literal["transfer_to_voicemail"] = "transfer_to_voicemail"
    id: Id
    leg: Id
    user: Id = ""


class Conference(Wire):
    """Let two legs of a handset talk together."""

    type: Literal["conference"] = "conference"
    id: Id
    leg: Id
    other: Id


class Leave(Wire):
    """Leave a conference; the others go on."""

    type: Literal["leave_conference"] = "leave_conference"
    id: Id
    leg: Id


class Park(Wire):
    """Park a call in an orbit (empty: the first that is free)."""

    type: Literal["park"] = "park"
    id: Id
    leg: Id
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


class HandOff(Wire):
    """Move a call to another handset of the user, once it is answered there."""

    type: Literal["handoff"] = "handoff"
    id: Id
    leg: Id
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
