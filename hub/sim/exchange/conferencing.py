"""Legs of one handset that talk together. Each stays a call of its own. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import CallState
from hub.core.signals import Kind
from hub.phone import transfer_commands as commands
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.exchange.transferring import put_through

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch

_MOST_TO_LEAVE = 3
"""The parties of a conference that its master can leave: one call has room for the two others."""


class Conferencing:
    """Joins legs."""

    def __init__(self, switch: Switch, _hunt: Hunt, reach: Reach) -> None:
        self._switch = switch
        self._reach = reach

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.ConferenceLegs: self._join, commands.LeaveConference: self._leave}

    def _leg(self, asking: Asking, leg: str, word: str) -> Branch:
        branch = self._reach.leg(asking, leg, word)
        permitted(branch.direction, branch.state, word)
        self._reach.in_company(branch)
        return branch

    def _join(self, at: datetime, asking: Asking, command: commands.ConferenceLegs) -> Accepted:
        switch = self._switch
        one, other = (self._leg(asking, leg, command.name) for leg in (command.leg, command.other))
        if one.device != other.device or one.talk is other.talk:
            raise Refused(Code.WRONG_STATE, "a conference is made of two calls of one handset")
        joined = {one.conference, other.conference} - {""}
        at_device = switch.at_device(one.device)
        members = [leg for leg in at_device if leg in (one, other) or leg.conference in joined]
        handset = self._reach.handset(asking, one.device, command.name)
        if len(members) + 1 > handset.conference_size:
            most = f"{handset.id} lacks the capability for a conference of {len(members) + 1} parties"
            raise Refused(Code.MISSING_CAPABILITY, f"{most}: {handset.conference_size} are the most")
        self._reach.free_to_talk(handset.id)
        conference = one.conference or other.conference or switch.new_conference()
        for leg in at_device:
            if leg.state is CallState.CONNECTED and leg not in members:
                switch.hold(leg, at)
        for leg in members:
            if leg.held is not None:
                leg.held, leg.conference = None, conference
                switch.move(leg, Kind.RETRIEVED, at)
            elif leg.conference != conference:
                leg.conference = conference
                switch.move(leg, Kind.UPDATED, at)
        return Accepted(one.id)

    def _leave(self, at: datetime, asking: Asking, command: commands.LeaveConference) -> Accepted:
        branch = self._leg(asking, command.leg, command.name)
        members = [leg for leg in self._switch.at_device(branch.device) if leg.conference == branch.conference]
        if not branch.conference:
            raise Refused(Code.WRONG_STATE, "this call is in no conference")
        if len(members) + 1 > _MOST_TO_LEAVE:
            parties = f"a conference of {len(members) + 1} parties cannot go on without {asking.user.name}"
            raise Refused(Code.WRONG_STATE, f"{parties}: {_MOST_TO_LEAVE} are the most")
        for leg in members:
            self._reach.in_company(leg)
        put_through(self._switch, members[0], members[1], at)
        return Accepted(branch.id)
