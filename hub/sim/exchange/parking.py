"""Parking calls in orbits, and taking them from there. Pure."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import Cause
from hub.core.signals import Kind
from hub.phone import transfer_commands as commands
from hub.sim.exchange.office import Ring, Who
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_boards import WireParked, WireParkedCall
from hub.sim.wire_types import WireParty

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Conversation
    from hub.sim.exchange.hunt import Hunt
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Parking:
    """Parks calls. One that is parked too long rings at who parked it, again and again, and stays in its orbit."""

    def __init__(self, switch: Switch, hunt: Hunt, reach: Reach) -> None:
        self._switch = switch
        self._hunt = hunt
        self._reach = reach
        self._parked: dict[str, tuple[Conversation, WireParkedCall]] = {}
        self._viewers = [user.name for user in switch.office.users.values() if {"park", "retrieve"} & user.permissions]
        for user in self._viewers if switch.office.orbits else ():
            switch.reporter.set_board_up(user, self._board())

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.ParkLeg: self._park, commands.RetrieveCall: self._retrieve}

    def _park(self, at: datetime, asking: Asking, command: commands.ParkLeg) -> Accepted:
        branch = self._reach.leg(asking, command.leg, command.name)
        self._reach.permit(asking, command.name)
        permitted(branch.direction, branch.state, command.name)
        self._reach.in_company(branch)
        orbit = self._free_orbit(command.orbit)
        talk, party = branch.talk, WireParty(number=branch.shown.number, name=branch.shown.name)
        branch.orbit = orbit
        self._switch.take_out(branch, at, Cause.PARKED)
        talk.sent_on, talk.orbit, talk.unpark = True, orbit, partial(self._freed, orbit)
        for other in talk.joined:
            other.orbit, other.shown = orbit, Who(orbit, f"Parked at {orbit}")
            self._switch.move(other, Kind.UPDATED, at)
        self._parked[orbit] = talk, WireParkedCall(orbit=orbit, party=party, since=at, by=asking.user.name)
        self._tell(at)
        self._wait(talk, branch.device, at, Cause.NORMAL)
        return Accepted(branch.id, {"orbit": orbit})

    def _free_orbit(self, wanted: str) -> str:
        orbits = self._switch.office.orbits
        if wanted and wanted not in orbits:
            known = ", ".join(orbits) or "none"
            raise Refused(Code.INVALID_NUMBER, f"there is no orbit {wanted[:80]!r}; there are: {known}")
        if wanted in self._parked:
            raise Refused(Code.BUSY, f"a call is parked in orbit {wanted} already")
        free = wanted or next((orbit for orbit in orbits if orbit not in self._parked), "")
        if not free:
            raise Refused(Code.BUSY, "no orbit is free to park a call in")
        return free

    def _retrieve(self, at: datetime, asking: Asking, command: commands.RetrieveCall) -> Accepted:
        self._reach.permit(asking, command.name)
        handset = self._reach.handset(asking, command.device, command.name)
        if command.orbit not in self._parked:
            raise Refused(Code.UNKNOWN_CALL, f"no call is parked in orbit {command.orbit[:80]!r}")
        talk, _ = self._parked[command.orbit]
        if any(branch.user == asking.user.name for branch in talk.joined):
            raise Refused(Code.WRONG_STATE, "nobody can take themselves from an orbit")
        key = self._reach.key_for(handset, talk)
        return Accepted(self._switch.answer_at(talk, asking.user, handset.id, key, at).id)

    def _wait(self, talk: Conversation, device: str, at: datetime, _why: Cause) -> None:
        talk.timer = self._switch.after(at, self._switch.office.park, partial(self._ring_back, talk, device))

    def _ring_back(self, talk: Conversation, device: str, at: datetime) -> None:
        talk.cause, talk.nobody = Cause.RECALL, partial(self._wait, talk, device)
        talk.steps = deque((Ring(device, self._switch.office.recall, urgent=True),))
        self._hunt.on(talk, at, Cause.RECALL)

    def _freed(self, orbit: str, at: datetime) -> None:
        del self._parked[orbit]
        self._tell(at)

    def _board(self) -> WireParked:
        return WireParked(orbits=self._switch.office.orbits, calls=tuple(call for _, call in self._parked.values()))

    def _tell(self, at: datetime) -> None:
        for user in self._viewers:
            self._switch.reporter.board(user, at, self._board())
