from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.clock import Clock


class Allowance:
    """How often something may be done: `burst` times at once, and `rate` times a second in the long run."""

    def __init__(self, clock: Clock, burst: int, rate: float) -> None:
        self._clock = clock
        self._burst = burst
        self._rate = rate
        self._left = float(burst)
        self._since = clock.monotonic()
        self._lock = threading.Lock()

    def take(self, what: str) -> None:
        """Do it once more; RuntimeError if that is too often."""
        with self._lock:
            now = self._clock.monotonic()
            self._left = min(self._burst, self._left + (now - self._since) * self._rate)
            self._since = now
            if self._left < 1:
                raise RuntimeError(f"{what} too fast: more than {self._burst} at once and {self._rate:g} a second")
            self._left -= 1
