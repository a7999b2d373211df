"""All calls that are active, for those who may see other people's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.boards import Permission
from hub.core.call import CallState, Direction
from hub.sim.exchange.office import PRIVATE, Who
from hub.sim.wire_boards import MOST_PARTS, WireSystemCall, WireSystemCalls
from hub.sim.wire_types import WireParty

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.signals import Kind
    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.switch import Switch

_HOLD, _CONNECTED, _ALERTING = CallState.HOLD, CallState.CONNECTED, CallState.ALERTING
_MOST_TELLING = (_HOLD, _CONNECTED, _ALERTING, CallState.QUEUED, CallState.INITIATED, CallState.FAILED)


class SystemCalls:
    """Keeps a description of each conversation up to date, as fully and as briefly as anybody may see it."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._dirty: dict[str, Conversation] = {}
        self._full: dict[str, WireSystemCall] = {}
        self._brief: dict[str, WireSystemCall] = {}
        self._watching = [user for user in switch.office.users.values() if user.system_calls is not Permission.NONE]
        for user in switch.office.users.values():
            switch.reporter.set_board_up(user.name, WireSystemCalls(permission=user.system_calls))
        if self._watching:
            switch.watchers.append(self)

    def moved(self, branch: Branch, _kind: Kind, _at: datetime) -> None:
        """Note that a conversation looks different."""
        self._dirty[branch.talk.id] = branch.talk

    def settle(self, at: datetime) -> None:
        """Tell those who may see it, once for all that has changed."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        for name, talk in dirty.items():
            if talk.branches and talk.id == name:  # its name goes on with another where calls were put through
                full = self._described(talk)
                self._full[talk.id], self._brief[talk.id] = full, _briefly(full, talk)
            else:
                self._full.pop(name, None)
                self._brief.pop(name, None)
        boards = {
            permission: WireSystemCalls(permission=permission, calls=tuple(calls.values())[:MOST_PARTS])
            for permission, calls in ((Permission.FULL, self._full), (Permission.BRIEF, self._brief))
        }
        for user in self._watching:
            self._switch.reporter.board(user.name, at, boards[user.system_calls])

    def _described(self, talk: Conversation) -> WireSystemCall:
        """Describe a conversation; who began it is remembered where that leg has gone."""
        before = self._full.get(talk.id)
        caller = next((branch for branch in talk.branches if branch.direction is Direction.OUTBOUND), None)
        called = next((branch for branch in talk.joined if branch.direction is Direction.INBOUND), None)
        states = {branch.state for branch in talk.branches}
        return WireSystemCall(
            id=talk.id,
            started=before.started if before else min(branch.started for branch in talk.branches),
            state=next((state for state in _MOST_TELLING if state in states), CallState.ALERTING),
            originator=_party(caller.who) if caller else before.originator if before else _party(Who()),
            destination=_party(called.who if called else talk.dialled),
        )


def _briefly(full: WireSystemCall, talk: Conversation) -> WireSystemCall:
    """Leave out who is outside."""
    outside = {branch.who.number for branch in talk.branches if not branch.user and not branch.mailbox}
    if not talk.internal and any(branch.user and branch.direction is Direction.OUTBOUND for branch in talk.branches):
        outside.add(talk.dialled.number)
    private = _party(PRIVATE)
    hidden = {side: private for side in ("originator", "destination") if getattr(full, side).number in outside}
    return full.model_copy(update=hidden)


def _party(who: Who) -> WireParty:
    return WireParty(number=who.number, name=who.name)
