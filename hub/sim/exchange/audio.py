"""What is said on the legs whose audio somebody has asked for, and where it is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.call import CallState
from hub.phone import commands
from hub.sim.exchange.office import RECORD_CONFERENCE, Who
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch
    from hub.sim.exchange.timers import Timer


ANNOUNCEMENT = Who("", "Announcement")
"""Who says to everybody in a call that it is recorded."""


@dataclass(frozen=True, slots=True, eq=False)
class Attached:
    """Audio of a leg is sent: the user's own voice to `near`, the far end's to `far` (hosts and UDP ports).

    It belongs to the `session` that asked for it last.
    """

    leg: str
    near: tuple[str, int]
    far: tuple[str, int]
    codec: str
    session: object


@dataclass(frozen=True, slots=True)
class Heard:
    """Who is heard on a leg, on its `near` side (the user) and on its `far` side; on hold nothing is sent."""

    near: tuple[Who, ...]
    far: tuple[Who, ...]
    on_hold: bool


class Audio:
    """The audio channels of an office: a leg takes one until `detach_media`, its end, or that of the session."""

    def __init__(self, switch: Switch, reach: Reach) -> None:
        self._switch = switch
        self._reach = reach
        self._attached: dict[str, Attached] = {}
        self._announcing: dict[str, Timer] = {}

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {
            commands.AttachMedia: self._attach,
            commands.DetachMedia: self._detach,
            commands.Announce: self._announce,
        }

    def attached(self) -> Iterator[Attached]:
        """Yield the audio of every leg that still lives."""
        self._attached = {leg: one for leg, one in self._attached.items() if leg in self._switch.branches}
        yield from self._attached.values()

    def release(self, session: object) -> None:
        """Send nothing more of what a session, which is over, has asked for."""
        self._attached = {leg: one for leg, one in self._attached.items() if one.session is not session}

    def heard(self, leg: str) -> Heard:
        """Return who is heard on a leg; nobody if it is gone."""
        branch = self._switch.branches.get(leg)
        if branch is None or branch.state is not CallState.CONNECTED:
            return Heard((), (), on_hold=True)
        announced = (ANNOUNCEMENT,) if branch.talk.id in self._announcing else ()
        return Heard((*_speaking(branch), *announced), (*self._others(branch), *announced), on_hold=False)

    def _others(self, branch: Branch) -> Iterator[Who]:
        """Yield who is heard at a leg: the others in its conversation, and whom they have in a conference with it."""
        for other in branch.talk.joined:
            if other is branch:
                continue
            yield from _speaking(other)
            for further in self._switch.branches.values():
                if other.conference and further.conference == other.conference and further.talk is not branch.talk:
                    yield from (
                        who for third in further.talk.joined if third is not further for who in _speaking(third)
                    )

    def _attach(self, at: datetime, asking: Asking, command: commands.AttachMedia) -> Accepted:  # noqa: ARG002  a deed
        branch = self._leg(asking, command)
        if branch.conference:
            self._reach.require(asking, branch.device, RECORD_CONFERENCE)
        found = self._switch.office.handset(branch.device)
        offered = found[1].codecs if found else ()
        try:
            from hub.media.codec import UnsupportedCodec
            from hub.media.codecs import first_common
        except ImportError:
            text = "this phone system sends no audio: install phonehub[recording] where it runs"
            raise Refused(Code.MISSING_CAPABILITY, text) from None
        try:
            codec = first_common(command.codecs, offered)
        except UnsupportedCodec as error:
            raise Refused(Code.UNSUPPORTED_CODEC, f"{branch.device}: {error}") from None
        in_use = {one.leg for one in self.attached()} - {branch.id}
        if len(in_use) >= self._switch.office.audio_channels:
            raise Refused(Code.NO_CHANNEL, f"all {self._switch.office.audio_channels} audio channels are in use")
        self._attached[branch.id] = Attached(branch.id, command.near, command.far, codec.name, asking.session)
        told = {"codec": codec.name, "payload_type": str(codec.payload_type), "clock_rate": str(codec.clock_rate)}
        return Accepted(branch.id, told)

    def _detach(self, at: datetime, asking: Asking, command: commands.DetachMedia) -> Accepted:  # noqa: ARG002  a deed
        branch = self._leg(asking, command)
        self._attached.pop(branch.id, None)
        return Accepted(branch.id)

    def _announce(self, at: datetime, asking: Asking, command: commands.Announce) -> Accepted:
        branch = self._leg(asking, command)
        talk = branch.talk.id
        if talk in self._announcing:
            self._announcing[talk].cancel()

        def said(_at: datetime) -> None:
            del self._announcing[talk]

        self._announcing[talk] = self._switch.after(at, self._switch.office.announcement, said)
        return Accepted(branch.id)

    def _leg(self, asking: Asking, command: commands.LegCommand) -> Branch:
        branch = self._reach.leg(asking, command.leg, command.name)
        permitted(branch.direction, branch.state, command.name)
        return branch


def _speaking(branch: Branch) -> tuple[Who, ...]:
    return (branch.who,) if branch.state is CallState.CONNECTED and not branch.muted else ()
