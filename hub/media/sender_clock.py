"""When a sender took its audio, told from when the packets came. Pure.

A packet may take longer than another, but none comes before it was sent: the ones that took the least time tell the
sender's clock, however much the others jitter. A line through them, fitted over minutes, is the drift between the two
clocks; by that the place is kept over minutes of silence.
"""

from __future__ import annotations

from math import inf

_NOISE_OVER_PRIOR = 25.0
"""Square seconds: how weakly few points speak for a drift, from 0.5 ms noise and clocks that are true to 100 ppm."""
_MOST_DRIFT = 500e-6
_STEP = 0.05
"""Seconds by which a way that became longer or shorter is a new way and no drift."""


class SenderClock:
    """The clock of one sender. `media` is its time in seconds, as its timestamps count it, `at` that of arrival.

    The fastest of each `group` of packets is what counts; `memory` is how much a group is worth compared with the next.
    """

    def __init__(self, *, group: int = 100, memory: float = 0.99) -> None:
        self.jitter = 0.0
        """Seconds, by RFC 3550, A.8; of packets that are told to have come at one moment, the last counts."""
        self._group = group
        self._memory = memory
        self._origin: float | None = None
        self._base, self._base_at, self._slope = inf, 0.0, 0.0
        self._low, self._low_point = inf, (0.0, 0.0)
        self._count = 0
        self._at = -inf
        self._transit: float | None = None
        self._transit_before: float | None = None
        self._weight = self._x = self._y = self._xx = self._xy = 0.0
        self._prior = 0.0

    @property
    def drift_ppm(self) -> float:
        """By how many millionths the sender's clock is faster than ours."""
        return -1e6 * self._slope

    def excess(self, media: float, at: float) -> float:
        """Return how many seconds longer than the fastest a packet took; negative if it is faster."""
        return 0.0 if self._origin is None else at - media - self._base - self._slope * (at - self._base_at)

    def time(self, media: float) -> float:
        """Return when the fastest packet with this media time would have come."""
        about = media + self._base
        return about + self._slope * (about - self._base_at)

    def note(self, media: float, at: float, packets: int = 1) -> None:
        """Take notice of packets that came at one moment; `media` is the latest of theirs."""
        transit = at - media
        if self._origin is None:
            self._origin = at
        if at > self._at:
            if self._count >= self._group:
                self._learn()
            self._note_jitter()
            self._at = at
        self._transit = transit
        self._count += packets
        low = transit - self._slope * (at - self._origin)
        if low < self._low:
            self._low, self._low_point = low, (at, transit)
        if transit < self._base + self._slope * (at - self._base_at):
            self._base, self._base_at = transit, at

    def _note_jitter(self) -> None:
        if self._transit is not None and self._transit_before is not None:
            self.jitter += (abs(self._transit - self._transit_before) - self.jitter) / 16
        self._transit_before = self._transit

    def _learn(self) -> None:
        at, transit = self._low_point
        if abs(transit - self._base - self._slope * (at - self._base_at)) > _STEP:
            self._weight = self._x = self._y = self._xx = self._xy = 0.0
            self._prior = self._slope
        x = at - (self._origin or 0.0)
        y = transit - self._prior * x
        keep = self._memory
        self._weight = keep * self._weight + 1
        self._x, self._y = keep * self._x + x, keep * self._y + y
        self._xx, self._xy = keep * self._xx + x * x, keep * self._xy + x * y
        covariance = self._xy - self._x * self._y / self._weight
        variance = self._xx - self._x * self._x / self._weight
        slope = self._prior + covariance / (variance + _NOISE_OVER_PRIOR)
        self._slope = max(-_MOST_DRIFT, min(_MOST_DRIFT, slope))
        self._base, self._base_at = transit, at
        self._low, self._count = inf, 0
