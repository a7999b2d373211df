"""Plays the day of a scenario at an exchange: callers call, people pick up handsets. Pure, like the exchange.

Everything is due at its own time, among the exchange's own timers, so that the day goes the same at every speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import CallState
from hub.phone import commands
from hub.sim.exchange.refusal import Refused
from hub.sim.scenario import AdminEntry, CallEntry, Deed, PresenceEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hub.sim.exchange.exchange import Exchange
    from hub.sim.exchange.journal import LegView
    from hub.sim.exchange.timers import Timer
    from hub.sim.scenario import Act, Entry

_BEFORE = 1
"""The day begins so many seconds of its own before the first thing happens."""
_LONGEST = 600.0
"""So many seconds after its last act a call that still goes on is hung up by its caller."""

_LEG_COMMANDS: dict[Deed, type[commands.LegCommand]] = {
    Deed.ANSWER: commands.AnswerLeg,
    Deed.HOLD: commands.HoldLeg,
    Deed.RESUME: commands.ResumeLeg,
    Deed.DECLINE: commands.EndLeg,
    Deed.IGNORE: commands.SilenceLeg,
    Deed.HANG_UP: commands.EndLeg,
}
_SUITS: dict[Deed, tuple[CallState, ...]] = {
    Deed.ANSWER: (CallState.ALERTING,),
    Deed.HOLD: (CallState.CONNECTED,),
    Deed.RESUME: (CallState.HOLD,),
    Deed.DECLINE: (CallState.ALERTING,),
    Deed.IGNORE: (CallState.ALERTING,),
    Deed.HANG_UP: tuple(CallState),
}
_WORDS = {
    Deed.ANSWER: "answers",
    Deed.HOLD: "puts {} on hold",
    Deed.RESUME: "takes {} back",
    Deed.DECLINE: "declines {}",
    Deed.IGNORE: "silences the ringing",
    Deed.HANG_UP: "hangs up",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """What just happened: really `at` that time, at `clock` (seconds after midnight) of the day.

    `sentence` may hold whatever callers call themselves; `calls` is how many of the day's calls have begun.
    """

    at: datetime
    clock: int
    sentence: str
    calls: int

    @property
    def time(self) -> str:
        """The time of the day, as 08:58:30."""
        return f"{self.clock // 3600:02}:{self.clock // 60 % 60:02}:{self.clock % 60:02}"


@dataclass(frozen=True, slots=True)
class DayReport:
    """How the day went: how many calls began, and what could not be done because others had acted before."""

    calls: int
    skipped: tuple[str, ...]


class Day:
    """One day, played once.

    `tell` hears of everything, `over` is called at the end, when the last call is over. Where nothing happens for
    longer than `longest_gap` (a real time), the day goes on after that; None: nothing is left out.
    """

    def __init__(
        self,
        exchange: Exchange,
        entries: Sequence[Entry],
        *,
        tell: Callable[[Progress], None],
        over: Callable[[], None],
        longest_gap: timedelta | None = None,
    ) -> None:
        self._exchange = exchange
        self._entries = list(entries)
        self._tell = tell
        self._over = over
        self._longest_gap = longest_gap
        self._calls = 0
        self._skipped: list[str] = []
        self._running: set[_Story] = set()
        self._next: Timer | None = None
        self._zero: datetime | None = None

    @property
    def report(self) -> DayReport:
        """How the day went so far."""
        return DayReport(self._calls, tuple(self._skipped))

    def begin(self, now: datetime) -> None:
        """Start the day."""
        first = self._entries[0].at if self._entries else 0
        self._zero = now - self._real(first - _BEFORE)
        self._plan(now)

    def stop(self) -> None:
        """Let nothing more happen; calls that are up go on."""
        self._entries.clear()
        if self._next is not None:
            self._next.cancel()
        for story in self._running:
            story.stop()
        self._running.clear()

    def told(self, at: datetime, sentence: str) -> None:
        """Tell what happened."""
        clock = int((at - (self._zero or at)).total_seconds() * self._exchange.pace + 0.5)
        self._tell(Progress(at, clock, sentence, self._calls))

    def skipped(self, at: datetime, sentence: str) -> None:
        """Note what could not be done."""
        self._skipped.append(sentence)
        self.told(at, sentence)

    def story_over(self, story: _Story, at: datetime) -> None:
        """Take note that a call is over."""
        self._running.discard(story)
        self._plan(at)

    def _administer(self, entry: AdminEntry, at: datetime) -> None:
        if not entry.wipes:
            self._exchange.require_change(entry.user)
            self.told(at, f"the administrator wants {entry.user} to choose a new password")
            return
        try:
            self._exchange.wipe(at, entry.user, entry.wipes, entry.password)
            self.told(at, f"the administrator wipes {entry.wipes} of {entry.user}")
        except Refused as refused:
            self.skipped(at, f"the administrator cannot wipe {entry.wipes}: {refused}")

    def _real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds / self._exchange.pace)

    def _plan(self, at: datetime) -> None:
        if self._next is not None:
            self._next.cancel()
        if not self._entries:
            if not self._running:
                self._over()
            return
        zero = self._zero or at
        due = max(at, zero + self._real(self._entries[0].at))
        if self._longest_gap is not None and not self._running and due - at > self._longest_gap:
            self._zero = zero - (due - at - self._longest_gap)
            due = at + self._longest_gap
        self._next = self._exchange.schedule(due, self._happen)

    def _happen(self, at: datetime) -> None:
        entry = self._entries.pop(0)
        if isinstance(entry, CallEntry):
            self._calls += 1
            story = _Story(self, self._exchange, entry)
            self._running.add(story)
            story.begin(at)
        elif isinstance(entry, AdminEntry):
            self._administer(entry, at)
        elif isinstance(entry, PresenceEntry):
            self._exchange.command(at, entry.user, commands.SetPresence(entry.presence), by_hand=True)
            self.told(at, f"{entry.user} is now {entry.presence.words.lower()}")
        else:
            command = commands.SetDnd(entry.on)
            self._exchange.command(at, entry.user, command, by_hand=True)
            self.told(at, f"{entry.user} switches do-not-disturb {'on' if entry.on else 'off'}")
        self._plan(at)


class _Story:
    """One call of the day, from dialling to the end."""

    def __init__(self, day: Day, exchange: Exchange, entry: CallEntry) -> None:
        self._day = day
        self._exchange = exchange
        self._entry = entry
        self._left = list(entry.acts)
        self._caller = ""
        self._conversation = ""
        self._timer: Timer | None = None

    @property
    def _name(self) -> str:
        person = self._entry.person
        return self._entry.user if person is None else person.name or person.number or "somebody unknown"

    def begin(self, at: datetime) -> None:
        """Dial."""
        entry = self._entry
        self._day.told(at, f"{self._name} calls {entry.to}")
        try:
            if entry.person is not None:
                self._caller = self._exchange.call_in(at, entry.person, entry.to)
            else:
                dial = commands.DialNumber(entry.to, entry.handset)
                self._caller = self._exchange.command(at, entry.user, dial, by_hand=True).leg
        except Refused as refused:
            self._day.skipped(at, f"{self._name} gets nowhere: {refused}")
        self._conversation = self._exchange.conversation_of(self._caller)
        if self._conversation:
            self._exchange.when_over(self._conversation, self._end)
            self._plan(at)
        else:
            self._exchange.schedule(at, self._end)

    def stop(self) -> None:
        """Do nothing more."""
        self._left.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self, at: datetime) -> None:
        if self._left:
            self._timer = self._exchange.after(at, self._left[0].after, self._act)
        else:
            self._timer = self._exchange.after(at, _LONGEST, partial(self._exchange.hang_up, leg=self._caller))

    def _act(self, at: datetime) -> None:
        act = self._left.pop(0)
        self._do(act, at)
        self._plan(at)

    def _do(self, act: Act, at: datetime) -> None:
        legs = [leg for leg in self._exchange.legs(conversation=self._conversation) if self._means(act, leg)]
        leg = next((leg for leg in legs if leg.state in _SUITS[act.deed]), None)
        if leg is None:
            self._day.skipped(at, f"{act.who} cannot {act.deed.replace('_', ' ')}: the call has gone another way")
            return
        who = leg.user or (self._name if leg.id == self._caller else leg.device or "the other side")
        self._day.told(at, f"{who} {_WORDS[act.deed].format(leg.party.name or leg.party.number or 'the caller')}")
        try:
            if leg.user:
                command = _LEG_COMMANDS[act.deed](leg.id)
                self._exchange.command(at, leg.user, command, by_hand=True)
            else:
                self._exchange.hang_up(at, leg.id)
        except Refused as refused:
            self._day.skipped(at, f"{who} cannot {act.deed.replace('_', ' ')}: {refused}")

    def _means(self, act: Act, leg: LegView) -> bool:
        if act.who == "caller":
            return leg.id == self._caller
        if act.who == "called":
            return leg.id != self._caller
        return act.who in {leg.user, leg.device}

    def _end(self, at: datetime) -> None:
        for act in self._left:
            self._day.skipped(at, f"{act.who} cannot {act.deed.replace('_', ' ')}: the call is over")
        self.stop()
        self._day.story_over(self, at)
