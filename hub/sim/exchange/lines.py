"""The outside lines that handsets have keys for: answering one, and what the keys show. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.boards import LineState, Permission
from hub.core.call import Direction
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.office import PRIVATE, Who
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_boards import WireLines, WireOutsideLine
from hub.sim.wire_types import WireParty

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Lines:
    """Knows who is on each outside line, and tells those who have a key for it."""

    def __init__(self, switch: Switch, reach: Reach) -> None:
        self._switch = switch
        self._reach = reach
        self._on: dict[str, Branch] = {}
        self._dirty: set[str] = set()
        self._keys = {
            user.name: tuple(dict.fromkeys(line for handset in user.handsets for line in handset.lines))
            for user in switch.office.users.values()
        }
        for user, lines in self._keys.items():
            if lines:
                switch.reporter.set_board_up(user, self._board(switch.office.users[user]))
        switch.watchers.append(self)

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.AnswerLine: self._answer}

    def moved(self, branch: Branch, kind: Kind, _at: datetime) -> None:
        """Note which lines look different."""
        for line in {branch.line, branch.talk.line}:
            if line and line == branch.line and kind is not Kind.CLEARED:
                self._on[line] = branch
            elif self._on.get(line) is branch:  # gone, or what it dialled over a line that it had seized led nowhere
                del self._on[line]
        self._dirty |= {other.line for other in branch.talk.branches if other.line} | {branch.talk.line}

    def settle(self, at: datetime) -> None:
        """Tell everybody who has a key for a line that looks different."""
        dirty, self._dirty = self._dirty, set()
        for user, lines in self._keys.items():
            if not dirty.isdisjoint(lines):
                self._switch.reporter.board(user, at, self._board(self._switch.office.users[user]))

    def _answer(self, at: datetime, asking: Asking, command: commands.AnswerLine) -> Accepted:
        switch, user = self._switch, asking.user
        handset = self._reach.with_line(asking, command.device, command.name, command.line)
        caller = self._on.get(command.line)
        if caller is None or _state(caller) is not LineState.RINGING:
            raise Refused(Code.WRONG_STATE, f"{command.line} does not ring")
        talk = caller.talk
        self._reach.free_to_talk(handset.id)
        leg = next((branch for branch in talk.ringing if branch.device == handset.id), None)
        if leg is None:
            key = switch.keys.for_outbound(handset, outside=False)
            leg = switch.join(
                talk,
                Direction.INBOUND,
                at,
                who=user.who,
                shown=caller.who,
                user=user.name,
                device=handset.id,
                appearance=key.name,
            )
            switch.move(leg, Kind.DELIVERED, at)
        switch.connect(leg, at)
        return Accepted(leg.id)

    # --- what the keys show ---

    def _board(self, user: User) -> WireLines:
        return WireLines(lines=tuple(self._shown(user, line) for line in self._keys[user.name]))

    def _shown(self, user: User, line: str) -> WireOutsideLine:
        branch = self._on.get(line)
        if branch is None:
            return WireOutsideLine(name=line, state=LineState.IDLE)
        inside = [other for other in branch.talk.branches if other.user]
        own = any(other.user == user.name for other in inside)
        by = next((other.who.name for other in inside if not other.ringing), "")
        return WireOutsideLine(
            name=line,
            state=_state(branch),
            by=by if own or user.system_calls is not Permission.NONE else "",
            party=WireParty.model_validate(_party(user, branch, own=own)),
        )


def _state(branch: Branch) -> LineState:
    return LineState.RINGING if branch.dialling and not branch.user else LineState.IN_USE


def _party(user: User, branch: Branch, *, own: bool) -> Who:
    if branch.user or (not own and user.system_calls is Permission.NONE):
        return Who()
    return branch.who if own or user.system_calls is Permission.FULL else PRIVATE
