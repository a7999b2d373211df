"""Plays the day of a scenario at an exchange: callers call, people pick up handsets. Pure, like the exchange.

Everything is due at its own time, among the exchange's own timers, so that the day goes the same at every speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.phone import commands
from hub.sim.exchange.refusal import Refused
from hub.sim.scenario import AdminEntry, CallEntry, PresenceEntry
from hub.sim.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hub.sim.exchange.exchange import Exchange
    from hub.sim.exchange.timers import Timer
    from hub.sim.scenario import Entry

_BEFORE = 1
"""The day begins so many seconds of its own before the first thing happens."""


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
        self._running: set[Story] = set()
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

    def story_over(self, story: Story, at: datetime) -> None:
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
            story = Story(self, self._exchange, entry)
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
