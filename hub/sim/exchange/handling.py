"""What is done with one leg at the handset it is at: answer, hold, resume, mute, digits, silence, hang up. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import Cause, HoldKind
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Handling:
    """Handles legs."""

    def __init__(self, switch: Switch, hunt: Hunt, reach: Reach) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return dict.fromkeys(
            (
                commands.AnswerLeg,
                commands.HoldLeg,
                commands.ResumeLeg,
                commands.EndLeg,
                commands.SilenceLeg,
                commands.MuteLeg,
                commands.SendDigits,
            ),
            self._handle,
        )

    def _handle(self, at: datetime, asking: Asking, command: commands.LegCommand) -> Accepted:
        switch = self._switch
        branch = self._reach.leg(asking, command.leg, command.name)
        kind = permitted(branch.direction, branch.state, command.name)
        match command:
            case commands.AnswerLeg():
                self._reach.free_to_talk(branch.device)
                switch.connect(branch, at)
            case commands.HoldLeg():
                switch.hold(branch, at, self._hold_kind(branch, command))
            case commands.ResumeLeg():
                self._reach.free_to_talk(branch.device)
                switch.make_room(branch.device, at)
                branch.held = None
                switch.move(branch, Kind.RETRIEVED, at)
            case commands.SilenceLeg():
                branch.silenced = True
                switch.move(branch, Kind.UPDATED, at)
            case commands.MuteLeg() if branch.muted is not command.on:
                branch.muted = command.on
                switch.move(branch, kind, at)
            case commands.SendDigits():
                self._send(branch, command.digits, at)
            case commands.EndLeg():
                self.end(branch, at)
        return Accepted(branch.id)

    def _send(self, branch: Branch, digits: str, at: datetime) -> None:
        talk = branch.talk
        if branch.dialling and talk.hears is None:
            raise Refused(Code.WRONG_STATE, "cannot dtmf this call: nobody hears it yet")
        if talk.hears is None:
            talk.digits += digits
        else:  # these may be a PIN or a number: whoever hears them knows what to keep
            talk.hears(at, digits)

    def _hold_kind(self, branch: Branch, command: commands.HoldLeg) -> HoldKind:
        usual = self._switch.keys.hold_kind(branch)
        if command.kind is HoldKind.SHARED is not usual:
            cause = f"the call is on {branch.appearance} of {branch.device}, which is no shared appearance"
            raise Refused(Code.WRONG_STATE, f"{cause}: hold it privately")
        return command.kind or usual

    def end(self, branch: Branch, at: datetime) -> None:
        """Let the party of a leg hang up."""
        talk = branch.talk
        if branch.ringing:
            talk.declined.add(branch.device)
            self._switch.clear(branch, at, Cause.REJECTED)
            if talk.waiting and not talk.ringing and talk.place is None:
                self._hunt.on(talk, at, Cause.REJECTED)
        elif branch.dialling:
            self._switch.clear(branch, at, Cause.CANCELLED)
            for called in talk.ringing:
                self._switch.clear(called, at, Cause.CANCELLED)
        else:
            self._switch.leave(branch, at)
