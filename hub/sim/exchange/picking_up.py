"""Answering what rings at somebody else's handset. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.phone import transfer_commands as commands
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Conversation
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class PickingUp:
    """Picks calls up."""

    def __init__(self, switch: Switch, _hunt: Hunt, reach: Reach) -> None:
        self._switch = switch
        self._reach = reach

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.PickUp: self._pick_up}

    def _pick_up(self, at: datetime, asking: Asking, command: commands.PickUp) -> Accepted:
        self._reach.permit(asking, command.name)
        handset = self._reach.handset(asking, command.device, command.name)
        talk = self._ringing_at(self._users(asking, command.target), asking)
        if talk is None:
            where = command.target[:80] or "a colleague's"
            raise Refused(Code.UNKNOWN_CALL, f"no call rings at {where}")
        key = self._reach.key_for(handset, talk)
        return Accepted(self._switch.answer_at(talk, asking.user, handset.id, key, at).id)

    def _users(self, asking: Asking, target: str) -> set[str]:
        """Return whose handsets are meant."""
        office = self._switch.office
        if not target:
            groups = [group.members for group in office.groups.values() if asking.user.name in group.members]
            return {member for members in groups for member in members} - {asking.user.name}
        for group in office.groups.values():
            if target in {group.name, group.extension}:
                return {*group.members}
        user = office.user_called(target)
        if user is None:
            raise Refused(Code.UNREACHABLE, f"there is no user and no group {target[:80]!r}")
        return {user.name}

    def _ringing_at(self, users: set[str], asking: Asking) -> Conversation | None:
        """Return the call that has rung longest there, among those that the user is not in already."""
        legs = self._switch.branches.values()
        ringing = (leg.talk for leg in legs if leg.ringing and leg.user in users and leg.replaces is None)
        mine = asking.user.name
        return next((talk for talk in ringing if all(leg.ringing for leg in talk.branches if leg.user == mine)), None)
