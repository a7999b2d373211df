"""Beginning calls at a handset: to a number, or by seizing an outside line first. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import Direction
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.digits import Mailbox, Nowhere, Outside, Seizing, outside, wanted
from hub.sim.exchange.office import Who
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.office import Handset, User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch
    from hub.sim.exchange.voicemail import Voicemail

_FIRST_DIGIT = 20.0
"""Seconds that a seized line waits for the first digit."""
_MOST_DIGITS = 32


class Dialling:
    """Dials."""

    def __init__(self, switch: Switch, hunt: Hunt, reach: Reach, voicemail: Voicemail) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach
        self._voicemail = voicemail

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.DialNumber: self._dial, commands.SeizeLine: self._seize}

    def _dial(self, at: datetime, asking: Asking, command: commands.DialNumber) -> Accepted:
        to = wanted(self._switch.office, asking.user, command.number)
        handset = self._reach.handset(asking, command.device, command.name)
        if isinstance(to, Seizing):
            return Accepted(self._take_line(asking.user, handset, "", at, command.appearance).id)
        caller = self._caller(asking.user, handset, to.who, at, command.appearance, beyond=isinstance(to, Outside))
        if isinstance(to, Mailbox):
            self._voicemail.listen(caller, to.who, at)
        else:
            self._hunt.dial(caller, to, at)
        return Accepted(caller.id)

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
