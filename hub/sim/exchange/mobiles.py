"""Calls to the mobile at a handset's Bluetooth key: over its own network, past the office's lines and routes. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import Cause, Direction
from hub.core.signals import Kind
from hub.sim.exchange.office import Who
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.office import Appearance, Handset, User
    from hub.sim.exchange.switch import Switch


class Mobiles:
    """Lets mobiles ring at the handsets that they are paired with."""

    def __init__(self, switch: Switch, hunt: Hunt) -> None:
        self._switch = switch
        self._hunt = hunt

    def call(self, at: datetime, who: Who, user: User, handset: Handset, key: Appearance) -> Branch:
        """Let somebody outside call a mobile; return their leg. Raises `Refused` while the mobile is in a call.

        Where its user does not want to be disturbed it does not ring at the handset, and the caller gives up.
        """
        switch = self._switch
        if any(leg.appearance == key.name for leg in switch.at_device(handset.id)):
            raise Refused(Code.BUSY, f"the mobile of {user.name} is in a call")
        talk = switch.new_talk(Who(key.number, key.name))
        caller = switch.join(talk, Direction.OUTBOUND, at, who=who, shown=talk.dialled)
        switch.move(caller, Kind.ORIGINATED, at)
        if user.name in switch.dnd:
            switch.spare(talk, user, at)
        else:
            leg = switch.join(
                talk,
                Direction.INBOUND,
                at,
                who=user.who,
                shown=who,
                user=user.name,
                device=handset.id,
                appearance=key.name,
            )
            switch.move(leg, Kind.DELIVERED, at)
            switch.move(caller, Kind.DELIVERED, at)
        talk.timer = switch.after(at, switch.office.patience, partial(self._hunt.on, talk, why=Cause.NO_ANSWER))
        switch.settle(at)
        return caller
