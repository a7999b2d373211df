"""Moves legs from state to state and tells their users of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hub.core.call import CallState, Cause
from hub.core.signals import Kind
from hub.core.transitions import next_state
from hub.sim.exchange.call_lists import CallLists
from hub.sim.exchange.journal import BoardTold, DndTold, EndedView, Journal, LegTold, LegView, PresenceTold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from hub.core.call import Network
    from hub.core.presence import Presence
    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.journal import Told
    from hub.sim.wire_boards import WireBoard


class Reporter:
    """One journal a user. `tell` gets each thing told, in order, and must not call the exchange.

    `measured` returns how the audio of a leg that is over came, where its handset tells that.
    """

    def __init__(
        self,
        users: Iterable[str],
        epoch: str,
        memory: int,
        tell: Callable[[Told], None],
        measured: Callable[[Branch], Network | None],
    ) -> None:
        self._journals = {user: Journal(epoch, memory) for user in users}
        self._boards: dict[str, dict[str, WireBoard]] = {user: {} for user in self._journals}
        self._tell = tell
        self._measured = measured
        self.lists = CallLists()

    def leg(self, branch: Branch, kind: Kind, at: datetime, cause: Cause = Cause.NORMAL) -> None:
        """Move a leg and tell its user; a `ProtocolError` here is a defect of the exchange."""
        branch.state = next_state(branch.state, kind)
        if kind is Kind.ESTABLISHED:
            branch.answered = at
            branch.talk.introduce()
        if not branch.user:
            return
        journal = self._journals[branch.user]
        mark, leg = journal.next_mark(), view(branch)
        if branch.state is CallState.NULL:
            leg = replace(leg, network=self._measured(branch))
            self.lists.add(leg)
            journal.remember(EndedView(leg=leg, ended=at, cause=cause, kind=kind))
        self._tell(LegTold(user=branch.user, mark=mark, at=at, kind=kind, leg=leg, cause=cause))

    def dnd(self, user: str, at: datetime, *, on: bool) -> None:
        """Tell a user that do-not-disturb was switched."""
        self._tell(DndTold(user=user, mark=self._journals[user].next_mark(), at=at, on=on))

    def presence(self, user: str, at: datetime, presence: Presence) -> None:
        """Tell a user that the presence was changed."""
        self._tell(PresenceTold(user=user, mark=self._journals[user].next_mark(), at=at, presence=presence))

    def board(self, user: str, at: datetime, now: WireBoard) -> None:
        """Tell a user how a board stands now, unless that is known."""
        boards = self._boards[user]
        if boards.get(now.board) != now:
            boards[now.board] = now
            self._tell(BoardTold(user=user, mark=self._journals[user].next_mark(), at=at, now=now))

    def set_board_up(self, user: str, now: WireBoard) -> None:
        """Have a board as it stands before anything is told."""
        self._boards[user][now.board] = now

    def boards(self, user: str) -> tuple[WireBoard, ...]:
        """Return a user's boards as they stand."""
        return tuple(self._boards[user].values())

    def journal(self, user: str) -> Journal:
        """Return what a user was told."""
        return self._journals[user]


def view(branch: Branch) -> LegView:
    """Describe a leg as its user is told it."""
    return LegView(
        id=branch.id,
        conversation=branch.talk.id,
        user=branch.user,
        device=branch.device,
        direction=branch.direction,
        state=branch.state,
        party=branch.shown,
        dialled=branch.dialled,
        started=branch.started,
        answered=branch.answered,
        line=branch.talk.line,
        queue=branch.talk.queue,
        internal=branch.talk.internal,
        silenced=branch.silenced,
        muted=branch.muted,
        held=branch.held,
        appearance=branch.appearance,
        conference=branch.conference,
        consults=branch.consults,
        orbit=branch.orbit,
        intercom=branch.intercom,
    )
