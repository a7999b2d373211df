"""How legs come into conversations, join and go, and what is due when. Pure."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from hub.core.call import CallState, Cause, Direction, HoldKind
from hub.core.signals import Kind
from hub.sim.exchange.conversation import Branch, Conversation
from hub.sim.exchange.keys import Keys
from hub.sim.exchange.reporter import Reporter
from hub.sim.exchange.statistics import measured
from hub.sim.exchange.timers import Timer, Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hub.sim.exchange.journal import Told
    from hub.sim.exchange.office import Office, User, Who


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
        self.presences = {user.name: user.presence for user in office.users.values()}
        self.reporter = Reporter(office.users, epoch, memory, tell, partial(measured, office))
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
        nth = next(self._numbers)
        return Conversation(id=f"{self._epoch}-{nth}", nth=nth, dialled=dialled)

    def new_conference(self) -> str:
        """Return a name for legs that talk together."""
        return f"{self._epoch}-c{next(self._numbers)}"

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
            dialled=talk.dialled,
            device=device,
            appearance=appearance,
        )
        if user:
            talk.called.add(user)
            talk.spared.pop(user, None)
        self.keys.begun(branch)
        talk.branches.append(branch)
        self.branches[branch.id] = branch
        return branch

    def spare(self, talk: Conversation, user: User, at: datetime) -> None:
        """Note that a user would be called now, who does not want to be disturbed."""
        talk.sparing.add(user.name)
        if user.name not in {*talk.called, *talk.spared}:
            talk.born += 1
            talk.spared[user.name] = Branch(
                id=f"{talk.id}-{talk.born}",
                talk=talk,
                who=user.who,
                shown=talk.calling,
                direction=Direction.INBOUND,
                started=at,
                user=user.name,
                dialled=talk.dialled,
            )

    def _tell_spared(self, talk: Conversation, at: datetime, *, answered: bool) -> None:
        """Tell those who were not disturbed that somebody called; `answered` who were called together with them."""
        for user, branch in talk.spared.items():
            elsewhere = answered and user in talk.sparing
            cause = Cause.ELSEWHERE if elsewhere else Cause.DO_NOT_DISTURB
            self.reporter.leg(branch, Kind.DIVERTED, at, cause)
        talk.called |= talk.spared.keys()
        talk.spared.clear()

    def move(self, branch: Branch, kind: Kind, at: datetime, cause: Cause = Cause.NORMAL) -> None:
        """Take a leg to its next state and tell its user."""
        self.reporter.leg(branch, kind, at, cause)
        for watcher in self.watchers:
            watcher.moved(branch, kind, at)

    def connect(self, branch: Branch, at: datetime) -> None:
        """Let a called leg answer: those who wait get through, everybody else stops ringing."""
        talk = branch.talk
        caller, sent_on = talk.waiting, talk.joined if talk.sent_on else []
        talk.stop_hunting()
        self._unpark(talk, at)
        if branch.timer is not None:
            branch.timer.cancel()
        self.make_room(branch.device, at)
        if branch.replaces is not None:
            branch.replaces.leaving = True
        branch.silenced = False
        self.move(branch, Kind.ESTABLISHED, at)
        if caller is not None and caller.dialling:
            self.move(caller, Kind.ESTABLISHED, at)
        for other in sent_on:
            self.move(other, Kind.UPDATED, at)
        for other in talk.ringing:
            self.clear(other, at, Cause.ELSEWHERE)
        self._tell_spared(talk, at, answered=True)
        if branch.replaces is not None:
            self.clear(branch.replaces, at, Cause.ELSEWHERE)

    def answer_at(self, talk: Conversation, user: User, device: str, appearance: str, at: datetime) -> Branch:
        """Let a user take at a handset what waits for an answer, on that key if it does not ring there anyhow."""
        ringing = (branch for branch in talk.ringing if branch.device == device)
        branch = next(ringing, None)
        if branch is None:
            branch = self.join(
                talk,
                Direction.INBOUND,
                at,
                who=user.who,
                shown=talk.calling,
                user=user.name,
                device=device,
                appearance=appearance,
            )
            self.move(branch, Kind.DELIVERED, at)
        self.connect(branch, at)
        return branch

    def leave(self, branch: Branch, at: datetime) -> None:
        """Let somebody who takes part hang up; one alone is no conversation."""
        self.clear(branch, at, branch.cause)
        talk = branch.talk
        left = talk.joined
        if len(left) == 1 and not talk.sent_on:
            self.clear(left[0], at, Cause.NORMAL)
        if not talk.joined:
            for called in talk.ringing:
                self.clear(called, at, Cause.CANCELLED)

    def take_out(self, branch: Branch, at: datetime, cause: Cause) -> None:
        """Take a user out of a conversation that goes on without them."""
        for other in branch.talk.ringing:
            if other is not branch and other.is_same_party(branch):
                self.clear(other, at, cause if branch.ringing else Cause.CANCELLED)
        self.clear(branch, at, cause)

    def hold(self, branch: Branch, at: datetime, kind: HoldKind | None = None) -> None:
        """Put a connected leg on hold (without a kind as its key does), which takes it out of a conference."""
        branch.held = kind or self.keys.hold_kind(branch)
        conference, branch.conference = branch.conference, ""
        self.move(branch, Kind.HELD, at)
        self._left_in(conference, at)

    def merge(self, one: Conversation, other: Conversation, at: datetime) -> None:
        """Make one conversation of two, the older of them, and tell everybody in it.

        Who takes part in one waits for whoever the other rings, if that is not answered yet.
        """
        older, newer = sorted((one, other), key=lambda talk: talk.nth)
        gone = newer.id
        hunts = newer.hunts or older.hunts
        talk, dying = (newer, older) if newer.hunts else (older, newer)
        talk.id, talk.nth, talk.dialled, talk.digits, talk.born = (
            older.id, older.nth, older.dialled, older.digits, older.born,
        )  # fmt: skip
        for branch in dying.branches:
            branch.talk = talk
        talk.branches += dying.branches
        for user, branch in dying.spared.items():
            branch.talk = talk
            talk.spared.setdefault(user, branch)
        talk.called |= dying.called
        talk.emergency |= dying.emergency
        dying.branches, dying.spared = [], {}
        talk.sent_on = hunts and len(talk.joined) == 1
        talk.look_for_lines()
        talk.introduce()
        for branch in talk.ringing:
            branch.shown = talk.calling
        for branch in talk.branches:
            self.move(branch, Kind.UPDATED, at)
        if run := self._over.pop(gone, None):
            self.schedule(at, run)

    def _left_in(self, conference: str, at: datetime) -> None:
        """A leg that is alone in a conference is in none."""
        left = [branch for branch in self.branches.values() if conference and branch.conference == conference]
        if len(left) == 1:
            left[0].conference = ""
            self.move(left[0], Kind.UPDATED, at)

    def _unpark(self, talk: Conversation, at: datetime) -> None:
        unpark, talk.unpark, talk.orbit = talk.unpark, None, ""
        for branch in talk.branches:
            branch.orbit = ""
        if unpark is not None:
            unpark(at)

    def clear(self, branch: Branch, at: datetime, cause: Cause) -> None:
        """Take a leg out of its conversation; the last one ends it."""
        if branch.timer is not None:
            branch.timer.cancel()
        self.move(branch, Kind.CLEARED, at, cause)
        talk = branch.talk
        talk.branches.remove(branch)
        del self.branches[branch.id]
        self.keys.over(branch)
        self._left_in(branch.conference, at)
        for other in talk.ringing:
            if other.replaces is branch:  # nothing is left to be handed off
                self.clear(other, at, Cause.CANCELLED)
        if not talk.branches:
            talk.stop_hunting()
            self._unpark(talk, at)
            self._tell_spared(talk, at, answered=False)
            if run := self._over.pop(talk.id, None):
                self.schedule(at, run)

    # --- handsets and lines ---

    def free_lines(self) -> Iterator[str]:
        """Yield the outside lines that carry no call."""
        used = {branch.line for branch in self.branches.values()}
        return (line.name for line in self.office.lines if line.name not in used)

    def pre_empt_line(self, at: datetime) -> str:
        """End a call that is no emergency and return its outside line; empty if there is none.

        A call that nobody has answered goes first, then the one that began last.
        """
        outside = [branch for branch in self.branches.values() if branch.line and not branch.talk.emergency]
        if not outside:
            return ""
        chosen = min(outside, key=lambda branch: (len(branch.talk.joined), -branch.talk.nth))
        while chosen.talk.branches:
            self.clear(chosen.talk.branches[0], at, Cause.PREEMPTED)
        return chosen.line

    def at_device(self, device: str) -> list[Branch]:
        """Return the legs of a handset."""
        return [branch for branch in self.branches.values() if device and branch.device == device]

    def make_room(self, device: str, at: datetime) -> None:
        """Put a handset's connected call on hold (or end it) and end its busy tone: it will be in another call."""
        found = self.office.handset(device)
        for branch in self.at_device(device):
            if branch.state is CallState.CONNECTED:
                if found is None or found[1].auto_hold:
                    self.hold(branch, at)
                else:
                    self.leave(branch, at)
            elif branch.state is CallState.FAILED:
                self.clear(branch, at, branch.cause)
