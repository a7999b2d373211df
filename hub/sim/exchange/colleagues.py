"""The busy lamps of an office. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.core.call import CallState
from hub.core.colleagues import Lamp
from hub.sim.exchange.journal import ColleaguesTold
from hub.sim.wire_colleagues import MOST_COLLEAGUES, WireColleague

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from hub.core.signals import Kind
    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.switch import Switch


class Colleagues:
    """What the users of an office see of each other.

    `tell` hears whose lamp or presence is another than was told last: at once, but what follows within `fold` seconds
    is told together, as it is then.
    """

    def __init__(
        self, switch: Switch, tell: Callable[[ColleaguesTold], None], fold: timedelta = timedelta(seconds=0.25)
    ) -> None:
        self._switch = switch
        self._tell = tell
        self._fold = fold
        self._users = {user.name: user for user in switch.office.users.values() if not user.unlisted}
        self._legs: defaultdict[str, dict[str, Branch]] = defaultdict(dict)
        self._told = {name: self._now(name) for name in [*self._users][:MOST_COLLEAGUES]}
        self._dirty: dict[str, None] = {}
        self._quiet_until: datetime | None = None
        self._waiting = False
        switch.watchers.append(self)

    def seen_by(self, user: str, names: Iterable[str] | None = None) -> tuple[WireColleague, ...] | None:
        """Return what a user was told last of others (None: of all); None to those who may not see."""
        if not self._switch.office.users[user].sees_colleagues:
            return None
        return tuple(self._told[name] for name in (self._told if names is None else names) if name != user)

    def moved(self, branch: Branch, _kind: Kind, _at: datetime) -> None:
        """Note that a user is doing something else at a handset."""
        if branch.user not in self._told:
            return
        if branch.state is CallState.NULL:
            self._legs[branch.user].pop(branch.id, None)
        else:
            self._legs[branch.user][branch.id] = branch
        self._dirty[branch.user] = None

    def changed(self, user: str) -> None:
        """Note that a user has another presence, or does not disturb."""
        if user in self._told:
            self._dirty[user] = None

    def settle(self, at: datetime) -> None:
        """Tell who is doing something else, or wait until it is time to."""
        if not self._dirty or self._waiting:
            return
        if self._quiet_until is not None and at < self._quiet_until:
            self._waiting = True
            self._switch.schedule(self._quiet_until, self._go_on)
            return
        dirty, self._dirty = self._dirty, {}
        different = {name: now for name in dirty if (now := self._now(name)) != self._told[name]}
        if different:
            self._told.update(different)
            self._quiet_until = at + self._fold
            self._tell(ColleaguesTold(at=at, changed=tuple(different)))

    def _go_on(self, _at: datetime) -> None:
        self._waiting = False  # what waits is told when this has settled

    def _now(self, name: str) -> WireColleague:
        user = self._users[name]
        lamp, since = self._lamp(name)
        return WireColleague(
            user=name,
            name=user.who.name,
            extension=user.extension,
            lamp=lamp,
            since=since,
            presence=self._switch.presences[name],
        )

    def _lamp(self, name: str) -> tuple[Lamp, datetime | None]:
        legs = self._legs[name].values()
        in_use = [leg for leg in legs if not leg.ringing]
        if in_use:
            return Lamp.ON_CALL, min((leg.answered for leg in in_use if leg.answered), default=None)
        if legs:
            return Lamp.RINGING, None
        return (Lamp.DND if name in self._switch.dnd else Lamp.IDLE), None
