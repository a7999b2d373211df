"""Beginning calls at a handset: to a number, or by seizing an outside line first. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import CallState, Direction
from hub.core.signals import Kind
from hub.phone import commands
from hub.phone.transfer_commands import IntercomNumber
from hub.sim.exchange.digits import Inside, Mailbox, Nowhere, Outside, Seizing, is_emergency, outside, wanted
from hub.sim.exchange.office import Ring, Who
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.digits import Destination
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.office import Handset, User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch
    from hub.sim.exchange.voicemail import Voicemail

_FIRST_DIGIT = 20.0
"""Seconds that a seized line waits for the first digit."""
_MOST_DIGITS = 32


class Dialling:
    """Dials; `end` lets the party of a leg hang up, `has_pin(user, pin, at)` says whether a PIN is a user's."""

    def __init__(
        self,
        switch: Switch,
        hunt: Hunt,
        reach: Reach,
        voicemail: Voicemail,
        end: Callable[[Branch, datetime], None],
        has_pin: Callable[[str, str, datetime], bool],
    ) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach
        self._voicemail = voicemail
        self._end = end
        self._has_pin = has_pin

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.DialNumber: self._dial, commands.SeizeLine: self._seize, IntercomNumber: self._intercom}

    def _dial(self, at: datetime, asking: Asking, command: commands.DialNumber) -> Accepted:
        to = self._wanted(asking.user, command.number, at)
        handset = self._reach.handset(asking, command.device, command.name)
        if is_emergency(self._switch.office, to):
            self._give_way(handset, at)
        if isinstance(to, Seizing):
            return Accepted(self._take_line(asking.user, handset, "", at, command.appearance).id)
        if isinstance(to, Inside) and self._switch.keys.is_for_intercom(handset, command.appearance):
            self._reach.require(asking, handset.id, IntercomNumber.name)
            return Accepted(self._speak_to(at, asking.user, handset, to).id)
        return Accepted(self.begin(at, asking.user, handset, to, appearance=command.appearance).id)

    def begin(
        self,
        at: datetime,
        user: User,
        handset: Handset,
        to: Destination,
        *,
        appearance: str = "",
        consults: str = "",
        intercom: bool = False,
    ) -> Branch:
        """Let a user call from a handset, if that can be, on that key (empty: as it is chosen there)."""
        caller = self._caller(user, handset, to.who, at, appearance, beyond=isinstance(to, Outside))
        caller.consults, caller.intercom = consults, intercom
        if isinstance(to, Mailbox):
            self._voicemail.listen(caller, to.who, at)
        else:
            self._hunt.dial(caller, to, at)
        return caller

    def number(self, user: User, text: str, at: datetime) -> Destination:
        """Say where a user wants a call to go; raises `Refused`."""
        to = self._wanted(user, text, at)
        if isinstance(to, Seizing):
            raise Refused(Code.INVALID_NUMBER, "a number must follow the outside line here")
        return to

    def _wanted(self, user: User, text: str, at: datetime) -> Destination | Seizing:
        return wanted(self._switch.office, user, text, lambda pin: self._has_pin(user.name, pin, at))

    def _seize(self, at: datetime, asking: Asking, command: commands.SeizeLine) -> Accepted:
        if asking.user.restricted:
            raise Refused(Code.NOT_PERMITTED, f"{asking.user.name} may not seize a line: dial the access code and PIN")
        handset = self._reach.with_line(asking, command.device, command.name, command.line)
        return Accepted(self._take_line(asking.user, handset, command.line, at).id)

    def _caller(
        self, user: User, handset: Handset, shown: Who, at: datetime, appearance: str, *, beyond: bool
    ) -> Branch:
        """Make the leg of somebody who lifts a handset to call; raises `Refused` where that cannot be."""
        switch = self._switch
        self._reach.free_to_talk(handset.id)
        key = switch.keys.for_outbound(handset, appearance, outside=beyond)
        switch.make_room(handset.id, at)
        return switch.join(
            switch.new_talk(shown),
            Direction.OUTBOUND,
            at,
            who=user.who,
            shown=shown,
            user=user.name,
            device=handset.id,
            appearance=key.name,
        )

    def _give_way(self, handset: Handset, at: datetime) -> None:
        """Nothing at a handset may be in the way of an emergency call."""
        at_device = self._switch.at_device(handset.id)
        for branch in at_device:
            if branch.dialling:
                self._end(branch, at)
        keys = {key.name for key in handset.appearances}
        if keys <= {branch.appearance for branch in self._switch.at_device(handset.id)}:
            self._end(at_device[0], at)

    def _intercom(self, at: datetime, asking: Asking, command: IntercomNumber) -> Accepted:
        to = self.number(asking.user, command.number, at)
        handset = self._reach.handset(asking, command.device, command.name)
        return Accepted(self._speak_to(at, asking.user, handset, to).id)

    def _speak_to(self, at: datetime, user: User, handset: Handset, to: Destination) -> Branch:
        """Call so that the other handset answers by itself; where that cannot be, as for any call."""
        switch = self._switch
        called = switch.office.user_called(to.who.number) if isinstance(to, Inside) else None
        other = self._to_speak_at(called) if called else None
        if called is None or other is None:
            return self.begin(at, user, handset, to)
        key = self._switch.keys.for_intercom(handset)
        if not key:
            raise Refused(Code.WRONG_STATE, f"no appearance of {handset.id} is free for an intercom call")
        there = Inside(called.who, (Ring(other.id), *(called.steps or (Ring(called.name),))))
        caller = self.begin(at, user, handset, there, appearance=key, intercom=True)
        for branch in caller.talk.ringing:
            branch.intercom = True
            switch.move(branch, Kind.UPDATED, at)
            branch.timer = switch.after(at, switch.office.intercom_tone, partial(self._answer_by_itself, branch))
        return caller

    def _to_speak_at(self, called: User) -> Handset | None:
        """Return the handset that can answer by itself now; None: it must ring as for any call. Raises `Refused`."""
        able = [handset for handset in called.handsets if IntercomNumber.name in handset.capabilities]
        if not able:
            names = ", ".join(handset.id for handset in called.handsets) or called.name
            raise Refused(Code.MISSING_CAPABILITY, f"{names} lacks the capability {IntercomNumber.name}")
        if called.name in self._switch.dnd:
            return None
        free = (one for one in able if not self._is_talking(one.id) and self._switch.keys.for_intercom(one))
        return next(free, None)

    def _is_talking(self, device: str) -> bool:
        talking = (CallState.CONNECTED, CallState.INITIATED, CallState.ALERTING)
        return any(branch.state in talking for branch in self._switch.at_device(device))

    def _answer_by_itself(self, branch: Branch, at: datetime) -> None:
        others = (other for other in self._switch.at_device(branch.device) if other is not branch)
        if not any(other.dialling or other.state is CallState.CONNECTED for other in others):
            self._switch.connect(branch, at)

    # --- a seized line ---

    def _take_line(self, user: User, handset: Handset, line: str, at: datetime, appearance: str = "") -> Branch:
        """Seize a line (empty: any that is free), which then waits for digits."""
        switch = self._switch
        free = tuple(switch.free_lines())
        if not free or (line and line not in free):
            raise Refused(Code.BUSY, f"{line} is in use" if line else "all outside lines are in use")
        # the number follows over the line, so it is no matter for a mobile
        caller = self._caller(user, handset, Who(), at, appearance, beyond=False)
        caller.line = caller.talk.line = line or free[-1]
        caller.talk.hears = partial(self._hear, caller)
        switch.move(caller, Kind.ORIGINATED, at)
        caller.timer = switch.after(at, _FIRST_DIGIT, partial(self._call, caller))
        return caller

    def _hear(self, caller: Branch, at: datetime, digits: str) -> None:
        switch, talk = self._switch, caller.talk
        number, ended, _ = digits.partition("#")
        talk.digits = (talk.digits + number)[: _MOST_DIGITS + 1]
        if caller.timer is not None:
            caller.timer.cancel()
        if ended or talk.digits in switch.office.emergency or len(talk.digits) > _MOST_DIGITS:
            self._call(caller, at)
        else:
            caller.timer = switch.after(at, switch.office.digit_time, partial(self._call, caller))

    def _call(self, caller: Branch, at: datetime) -> None:
        """Call what was dialled over the seized line: the digits are over."""
        talk = caller.talk
        number, talk.digits, talk.hears = talk.digits, "", None
        is_number = number.isdecimal() and len(number) <= _MOST_DIGITS
        to = outside(self._switch.office, number) if is_number else Nowhere(Who(number))
        line, caller.line = caller.line, ""
        self._hunt.dial_over(caller, to, line, at)
