from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.rules.schema import Limits

_MINUTE = 60.0


class Gate:
    """Lets a rule work on only so many events of a user at once, with so many waiting, and so many a minute."""

    def __init__(self) -> None:
        self.running = 0
        self.waiting = 0
        self.dropped = 0
        self._recent: deque[float] = deque()

    def enter(self, limits: Limits, now: float) -> str:
        """Take one event in at monotonic time `now`; return an empty text, or why it is dropped."""
        while self._recent and now - self._recent[0] >= _MINUTE:
            self._recent.popleft()
        why = ""
        if len(self._recent) >= limits.per_minute:
            why = f"more than {limits.per_minute} events in a minute"
        elif self.running >= limits.concurrency and self.waiting >= limits.waiting:
            why = f"{limits.concurrency} events at work and {limits.waiting} waiting"
        if why:
            self.dropped += 1
        else:
            self._recent.append(now)
        return why

    @property
    def is_busy(self) -> bool:
        """Whether something is at work, waits, or is still to be told."""
        return bool(self.running or self.waiting or self.dropped)
