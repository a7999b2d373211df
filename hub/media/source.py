"""The packets of one sender that wait to be laid on the time line, in the order in which they were sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.media.rtp import SEQUENCES, TIMESTAMPS, unwrapped
from hub.media.sender_clock import SenderClock

if TYPE_CHECKING:
    from hub.media.codec import Codec

_ASTRAY = 1.0
"""Seconds that a packet may be before or after its time; beyond, sequence or timestamp have begun anew."""
_ASTRAY_AT_MARKER = 0.1
"""The same at the begin of a talk spurt, where some senders have let their timestamps stand still."""
_ASTRAY_BEHIND = 5.0
"""The same for packets that were overtaken."""
_EARLIEST = 50
"""How many packets sent before the first one that came are still taken."""
_MOST_MISSING = 3000
"""How many missing packets are remembered, should they come yet."""


@dataclass(slots=True)
class Counters:
    """What was counted of a stream."""

    received: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    reordered: int = 0
    dropped: int = 0
    broken: int = 0


@dataclass(slots=True)
class Run:
    """Packets without a gap in sequence and time: `first` sequence, `timestamp` of that, `ticks` of each packet."""

    first: int
    timestamp: int
    ticks: int
    payloads: list[bytes]

    @property
    def end(self) -> int:
        """The sequence after the last one."""
        return self.first + len(self.payloads)

    @property
    def end_timestamp(self) -> int:
        """The timestamp after the last packet."""
        return self.timestamp + self.ticks * len(self.payloads)

    def without(self, count: int) -> Run:
        """Return what is left after so many packets."""
        return Run(self.first + count, self.timestamp + count * self.ticks, self.ticks, self.payloads[count:])


@dataclass(slots=True)
class Place:
    """Up to where a source is laid: the next `sequence`, its `timestamp`, and the `position` of that in samples."""

    sequence: int
    timestamp: int
    position: int


class Source:
    """One SSRC with one origin of sequence and timestamp, as of its first packet. Both are unwrapped here."""

    def __init__(self, codec: Codec, ssrc: int, sequence: int, timestamp: int, counters: Counters) -> None:
        self.ssrc = ssrc
        self.clock = SenderClock()
        self.waiting: list[Run] = []
        self.count = 0
        self.place: Place | None = None
        self.decoder = codec.decoder()
        self.highest = sequence - 1
        self.timestamp = timestamp
        """What the packet after the highest one has if nothing is silent."""
        self.rate = codec.clock_rate
        self._first = sequence
        self._missing: dict[int, None] = {}
        self._counters = counters

    def fits(self, sequence: int, timestamp: int, at: float, *, marker: bool = False) -> bool:
        """Whether a packet can be one of this source's."""
        excess = self.clock.excess(unwrapped(timestamp, self.timestamp, TIMESTAMPS) / self.rate, at)
        if unwrapped(sequence, self.highest, SEQUENCES) <= self.highest:
            return -_ASTRAY < excess < _ASTRAY_BEHIND
        return abs(excess) < (_ASTRAY_AT_MARKER if marker else _ASTRAY)

    def had(self, sequence: int) -> bool:
        """Whether a packet that fits was here before."""
        sequence = unwrapped(sequence, self.highest, SEQUENCES)
        early = self._first - _EARLIEST <= sequence < self._first
        return sequence <= self.highest and sequence not in self._missing and not early

    def precedes(self, sequence: int) -> bool:
        """Whether a packet is the one after the last."""
        return sequence == (self.highest + 1) % SEQUENCES

    def admit(self, sequence: int, timestamp: int, at: float) -> tuple[int, int] | None:
        """Return unwrapped sequence and timestamp of a packet that fits; None for one that was here before."""
        sequence = unwrapped(sequence, self.highest, SEQUENCES)
        timestamp = unwrapped(timestamp, self.timestamp, TIMESTAMPS)
        if sequence > self.highest:
            self._miss(self.highest + 1, sequence)
            self.highest = sequence
        elif not self._was_missing(sequence):
            self._counters.duplicates += 1
            return None
        else:
            self._counters.reordered += 1
        self.clock.note(timestamp / self.rate, at)
        return sequence, timestamp

    def append(self, sequence: int, timestamp: int, ticks: int, payload: bytes) -> None:
        """Let a packet wait for its turn."""
        self.count += 1
        last = self.waiting[-1] if self.waiting else None
        if last is not None and last.ticks == ticks and sequence == last.end and timestamp == last.end_timestamp:
            last.payloads.append(payload)
        else:
            self.waiting.append(Run(sequence, timestamp, ticks, [payload]))
        if sequence == self.highest:
            self.timestamp = timestamp + ticks

    def tail(self, at: float) -> Run | None:
        """Return the run that the next packet will lengthen if it is in order and fits."""
        last = self.waiting[-1] if self.waiting else None
        if last is None or not last.ticks or (last.end, last.end_timestamp) != (self.highest + 1, self.timestamp):
            return None
        return last if self.fits(last.end, last.end_timestamp, at) else None

    def lengthened(self, by: int, ticks: int, at: float) -> None:
        """Know that so many packets in order were added to the tail, each of so many ticks."""
        self.count += by
        self.highest += by
        self.timestamp += by * ticks
        self.clock.note((self.timestamp - ticks) / self.rate, at, by)

    def _miss(self, begin: int, end: int) -> None:
        self._counters.lost += end - begin
        self._missing.update(dict.fromkeys(range(max(begin, end - _MOST_MISSING), end)))
        while len(self._missing) > _MOST_MISSING:
            del self._missing[next(iter(self._missing))]

    def _was_missing(self, sequence: int) -> bool:
        if sequence in self._missing:
            del self._missing[sequence]
            self._counters.lost -= 1
            return True
        if not self._first - _EARLIEST <= sequence < self._first:
            return False
        self._miss(sequence + 1, self._first)
        self._first = sequence
        return True
