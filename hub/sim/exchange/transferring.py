"""Sending calls on: at once, after a consultation, to voicemail, to another handset of the user. Pure."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import Cause, Direction
from hub.core.signals import Kind
from hub.phone import transfer_commands as commands
from hub.sim.exchange.digits import Inside, Outside
from hub.sim.exchange.office import Ring, ToVoicemail, Who
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.phone.commands import LegCommand
    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.dialling import Dialling
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.office import User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Transferring:
    """Sends calls on. One that finds nobody rings where it came from, whatever that handset's user does not want."""

    def __init__(self, switch: Switch, hunt: Hunt, reach: Reach, dialling: Dialling) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach
        self._dialling = dialling

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {
            commands.ConsultLeg: self._consult,
            commands.TransferLeg: self._transfer,
            commands.CompleteTransfer: self._complete,
            commands.VoicemailLeg: self._to_voicemail,
            commands.HandOffLeg: self._hand_off,
        }

    def _leg(self, asking: Asking, command: LegCommand) -> Branch:
        branch = self._reach.leg(asking, command.leg, command.name)
        permitted(branch.direction, branch.state, command.name)
        if branch.replaces is not None and branch.ringing:
            raise Refused(Code.WRONG_STATE, f"cannot {command.name} this call: it is being handed off")
        if not branch.ringing:
            self._reach.in_company(branch)
        return branch

    def _consult(self, at: datetime, asking: Asking, command: commands.ConsultLeg) -> Accepted:
        branch = self._leg(asking, command)
        to = self._dialling.number(asking.user, command.number, at)
        handset = self._reach.handset(asking, branch.device, command.name)
        self._reach.free_to_talk(handset.id)
        self._reach.free_appearance(handset)
        if branch.held is None:
            self._switch.hold(branch, at)
        return Accepted(self._dialling.begin(at, asking.user, handset, to, consults=branch.id).id)

    def _transfer(self, at: datetime, asking: Asking, command: commands.TransferLeg) -> Accepted:
        branch = self._leg(asking, command)
        to = self._dialling.number(asking.user, command.number, at)
        self._hunt.reachable(to)
        talk = branch.talk
        self._take_out(branch, at)
        if isinstance(to, Outside):
            self._hunt.send_out(talk, to, at)
        elif isinstance(to, Inside):
            self._hunt.send_on(talk, to.who, at, to.steps)
        return Accepted(branch.id)

    def _to_voicemail(self, at: datetime, asking: Asking, command: commands.VoicemailLeg) -> Accepted:
        branch = self._leg(asking, command)
        box = self._switch.office.user_called(command.user) if command.user else asking.user
        if box is None:
            raise Refused(Code.UNREACHABLE, f"there is no user {command.user[:80]!r} with a voicemail")
        talk = branch.talk
        self._take_out(branch, at)
        self._hunt.send_on(talk, box.who, at, (ToVoicemail(box.name),))
        return Accepted(branch.id)

    def _take_out(self, branch: Branch, at: datetime) -> None:
        """Take the transferring party out; if nobody takes the call it comes back to that handset."""
        switch, talk = self._switch, branch.talk
        user = switch.office.users[branch.user]
        talk.stop_stepping()
        talk.declined.clear()
        talk.sparing.clear()
        switch.take_out(branch, at, Cause.TRANSFERRED)
        talk.nobody = partial(self._come_back, talk, user, branch.device)

    def _come_back(self, talk: Conversation, user: User, device: str, at: datetime, why: Cause) -> None:
        talk.cause = Cause.RECALL
        talk.look_for_lines()
        steps = (Ring(device, self._switch.office.recall, urgent=True), *user.steps)
        for branch in talk.joined:
            branch.shown = user.who
            self._switch.move(branch, Kind.UPDATED, at)
        talk.steps = deque(steps)
        self._hunt.on(talk, at, why)

    def _complete(self, at: datetime, asking: Asking, command: commands.CompleteTransfer) -> Accepted:
        branch = self._leg(asking, command)
        consulted = self._reach.leg(asking, command.consulted, command.name)
        if consulted.dialling:
            if not consulted.talk.hunts:
                raise Refused(Code.WRONG_STATE, "nobody is being called there yet")
        else:
            permitted(consulted.direction, consulted.state, command.name)
            self._reach.in_company(consulted)
        self.put_through(branch, consulted, at)
        return Accepted(branch.id)

    def put_through(self, one: Branch, other: Branch, at: datetime) -> None:
        """Let the parties of two legs of a user go on without that user; raises `Refused`."""
        put_through(self._switch, one, other, at)
        talk = next((branch.talk for branch in self._switch.branches.values() if branch.talk.id == one.talk.id), None)
        if talk is not None and talk.sent_on:
            talk.nobody = partial(self._come_back, talk, self._switch.office.users[one.user], one.device)

    def _hand_off(self, at: datetime, asking: Asking, command: commands.HandOffLeg) -> Accepted:
        branch = self._leg(asking, command)
        switch, user = self._switch, asking.user
        handset = next((one for one in user.handsets if one.id == command.device), None)
        if handset is None:
            raise Refused(Code.UNKNOWN_HANDSET, f"{user.name} has no handset {command.device[:80]!r}")
        if handset.id == branch.device or branch.conference:
            why = "is in a conference" if branch.conference else f"is at {handset.id} already"
            raise Refused(Code.WRONG_STATE, f"cannot hand this call off: it {why}")
        if any(other.is_same_party(branch) for other in branch.talk.ringing):
            raise Refused(Code.WRONG_STATE, "this call is being handed off already")
        key = switch.keys.for_ring(handset, handset.id, branch.talk)
        if not key:
            raise Refused(Code.WRONG_STATE, f"no line of {handset.id} is free for another call")
        there = switch.join(
            branch.talk,
            Direction.INBOUND,
            at,
            who=branch.who,
            shown=branch.shown,
            user=user.name,
            device=handset.id,
            appearance=key,
        )
        there.replaces, there.consults, there.dialled = branch, branch.consults, branch.dialled
        switch.move(there, Kind.DELIVERED, at)
        there.timer = switch.after(at, switch.office.recall, partial(switch.clear, there, cause=Cause.NO_ANSWER))
        return Accepted(branch.id)


def put_through(switch: Switch, one: Branch, other: Branch, at: datetime) -> None:
    """Take a user out of two conversations and make one of them; raises `Refused`."""
    talks = (one.talk, other.talk)
    if talks[0] is talks[1]:
        raise Refused(Code.WRONG_STATE, "both legs are of one call")
    users = [{branch.user for branch in talk.branches if branch.user and branch.user != one.user} for talk in talks]
    if both := users[0] & users[1]:
        raise Refused(Code.WRONG_STATE, f"both calls are with {', '.join(sorted(both))}")
    shown: Who = other.shown
    waits = other.dialling
    for branch in (one, other):
        switch.take_out(branch, at, Cause.TRANSFERRED)
    if waits:
        for branch in talks[0].joined:
            branch.shown = shown
    switch.merge(*talks, at)
