"""How legs come into conversations, join and go, and what is due when. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Protocol

from hub.core.call import CallState, Cause, Direction
from hub.core.signals import Kind
from hub.sim.exchange.conversation import Branch, Conversation
from hub.sim.exchange.keys import Keys
from hub.sim.exchange.reporter import Reporter
from hub.sim.exchange.timers import Timer, Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hub.sim.exchange.journal import Told
    from hub.sim.exchange.office import Office, Who


class Watcher(Protocol):
    """Something that follows from the legs, such as what a phone shows beside them."""

    def moved(self, branch: Branch, kind: Kind, at: datetime) -> None:
        """Note what happened to a leg; nothing is told yet, and no leg is moved from here."""
        ...

    def settle(self, at: datetime) -> None:
        """Tell what has become of it, now that a command, or what was due, is done."""
        ...


class Switch:
    """The conversations of an office and the legs in them; the arguments are those of `Exchange`."""

    def __init__(
        self,
        office: Office,
        *,
        epoch: str,
        tell: Callable[[Told], None],
        wake: Callable[[], None],
        pace: float,
        memory: int,
    ) -> None:
        self.office = office
        self.pace = pace
        self.branches: dict[str, Branch] = {}
        self.keys = Keys(office, self.branches)
        self.watchers: list[Watcher] = []
        self.dnd: set[str] = set()
        self.reporter = Reporter(office.users, epoch, memory, tell)
        self._epoch = epoch
        self._wake = wake
        self._now: datetime | None = None
        self._advancing = False
        self._numbers = count(1)
        self._timers = Timers()
        self._over: dict[str, Callable[[datetime], None]] = {}

    # --- time ---

    @property
    def next_due(self) -> datetime | None:
        """When `advance` must be called again, if nothing else is before."""
        return self._timers.next_due

    def advance(self, now: datetime) -> datetime:
        """Let happen what is due, each thing at its own time; return what time it is.

        What is due runs to its end before the next begins, although it may use the exchange.
        """
        if not self._advancing:
            self._advancing = True
            try:
                while timer := self._timers.pop(now):
                    self._now = max(timer.due, self._now or timer.due)
                    if timer.run:
                        timer.run(self._now)
                        self.settle(self._now)
            finally:
                self._advancing = False
        self._now = max(now, self._now or now)
        return self._now

    def settle(self, at: datetime) -> None:
        """Let the watchers tell what came of all that has happened."""
        for watcher in self.watchers:
            watcher.settle(at)

    def schedule(self, due: datetime, run: Callable[[datetime], None]) -> Timer:
        """Have `run(at)` called when it is due."""
        timer = self._timers.add(due, run)
        self._wake()
        return timer

    def after(self, at: datetime, seconds: float, run: Callable[[datetime], None]) -> Timer:
        """Have `run(at)` called after so many seconds of the office."""
        return self.schedule(at + timedelta(seconds=seconds / self.pace), run)

    def when_over(self, conversation: str, run: Callable[[datetime], None]) -> None:
        """Have `run(at)` called once the conversation is over."""
        self._over[conversation] = run

    # --- legs ---

    def new_talk(self, dialled: Who) -> Conversation:
        """Begin a conversation, nobody in it yet."""
        return Conversation(id=f"{self._epoch}-{next(self._numbers)}", dialled=dialled)

    def join(
        self,
        talk: Conversation,
        direction: Direction,
        at: datetime,
        *,
        who: Who,
        shown: Who,
        user: str = "",
        device: str = "",
        appearance: str = "",
    ) -> Branch:
        """Make a leg of a conversation; without an `appearance` it is on the first free line of its handset."""
        talk.born += 1
        branch = Branch(
            id=f"{talk.id}-{talk.born}",
            talk=talk,
            who=who,
            shown=shown,
            direction=direction,
            started=at,
            user=user,
            device=device,
            appearance=appearance,
        )
        self.keys.begun(branch)
        talk.branches.append(branch)
        self.branches[branch.id] = branch
        return branch

    def move(self, branch: Branch, kind: Kind, at: datetime, cause: Cause = Cause.NORMAL) -> None:
        """Take a leg to its next state and tell its user."""
        self.reporter.leg(branch, kind, at, cause)
        for watcher in self.watchers:
            watcher.moved(branch, kind, at)

    def connect(self, branch: Branch, at: datetime) -> None:
        """Let a called leg answer: the caller gets through, everybody else stops ringing."""
        talk = branch.talk
        talk.stop_hunting()
        self.make_room(branch.device, at)
        caller = talk.waiting
        branch.silenced = False
        self.move(branch, Kind.ESTABLISHED, at)
        if caller is not None:
            self.move(caller, Kind.ESTABLISHED, at)
        for other in talk.ringing:
            self.clear(other, at, Cause.ELSEWHERE)

    def leave(self, branch: Branch, at: datetime) -> None:
        """Let somebody who takes part hang up; one alone is no conversation."""
        self.clear(branch, at, branch.cause)
        left = branch.talk.joined
        if len(left) == 1:
            self.clear(left[0], at, Cause.NORMAL)

    def clear(self, branch: Branch, at: datetime, cause: Cause) -> None:
        """Take a leg out of its conversation; the last one ends it."""
        if branch.timer is not None:
            branch.timer.cancel()
        self.move(branch, Kind.CLEARED, at, cause)
        talk = branch.talk
        talk.branches.remove(branch)
        del self.branches[branch.id]
        self.keys.over(branch)
        if not talk.branches:
            talk.stop_hunting()
            if run := self._over.pop(talk.id, None):
                self.schedule(at, run)

    # --- handsets and lines ---

    def free_lines(self) -> Iterator[str]:
        """Yield the outside lines that carry no call."""
        used = {branch.line for branch in self.branches.values()}
        return (line.name for line in self.office.lines if line.name not in used)

    def at_device(self, device: str) -> list[Branch]:
        """Return the legs of a handset."""
        return [branch for branch in self.branches.values() if device and branch.device == device]

    def make_room(self, device: str, at: datetime) -> None:
        """Put a handset's connected call on hold, and end its busy tone: it is about to be in another call."""
        for branch in self.at_device(device):
            if branch.state is CallState.CONNECTED:
                branch.held = self.keys.hold_kind(branch)
                self.move(branch, Kind.HELD, at)
            elif branch.state is CallState.FAILED:
                self.clear(branch, at, branch.cause)
