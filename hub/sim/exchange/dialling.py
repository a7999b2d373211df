"""Beginning calls at a handset. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import Direction
from hub.phone import commands
from hub.sim.exchange.digits import Outside, destination
from hub.sim.exchange.reach import Accepted

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Dialling:
    """Dials."""

    def __init__(self, switch: Switch, hunt: Hunt, reach: Reach) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.DialNumber: self._dial}

    def _dial(self, at: datetime, asking: Asking, command: commands.DialNumber) -> Accepted:
        switch, user = self._switch, asking.user
        to = destination(switch.office, command.number)
        handset = self._reach.handset(asking, command.device, command.name)
        self._reach.free_to_talk(handset.id)
        key = switch.keys.for_outbound(handset, command.appearance, outside=isinstance(to, Outside))
        switch.make_room(handset.id, at)
        talk = switch.new_talk(to.who)
        caller = switch.join(
            talk,
            Direction.OUTBOUND,
            at,
            who=user.who,
            shown=to.who,
            user=user.name,
            device=handset.id,
            appearance=key.name,
        )
        self._hunt.dial(caller, to, at)
        return Accepted(caller.id)
