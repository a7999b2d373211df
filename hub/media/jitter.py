"""One direction of a call, laid on the time line: where a jitter buffer plays audio, this places it. Pure.

    timeline = Timeline(by_name("PCMU"), began=now)
    timeline.add(parse(datagram), now)                  # for each datagram of the stream, as it comes
    samples = timeline.take(now - timeline.reorder)     # from time to time: everything up to then

Audio lies where the fastest packets put it (`hub.media.sender_clock`): jitter moves nothing, and a clock that drifts
is followed. Once audio is more than 4 ms off it is moved, in silence or else by single samples. What never came, or
came too late, is silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hub.media.codec import Codec, SampleCodec, Samples, UnsupportedCodec
from hub.media.laying import Laying
from hub.media.rtp import FIXED_HEADER, SEQUENCES, TIMESTAMPS, VERSION, RtpError, parse
from hub.media.source import Counters, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.media.rtp import Packet

_NO_FLAGS = VERSION << 6
_PROBATION = 2
"""Packets in order that make a new source (RFC 3550, A.1: MIN_SEQUENTIAL)."""
_ANEW = 5
"""The same where all of them seem to have been here before, as when a sender begins anew soon after it began.

Doubles that a network makes come among new packets, or are fewer.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStats:
    """What became of the packets of a stream.

    `lost` ones never came, `late` ones after their place was taken, `dropped` ones while too many waited, `broken`
    ones cannot be read. `jitter` is in seconds (RFC 3550, A.8), `drift_ppm` by how many millionths the sender's clock
    is faster, `last_arrival` None as long as nothing came. `gaps` are where audio is missing, begin and end in
    seconds since the time line began.
    """

    received: int
    lost: int
    late: int
    duplicates: int
    reordered: int
    dropped: int
    broken: int
    jitter: float
    drift_ppm: float
    last_arrival: float | None
    gaps: tuple[tuple[float, float], ...]


class Timeline:
    """The audio of one stream, from `began` on; times are monotonic seconds.

    `payload_type` is the one with audio in it (None: the codec's usual one), others are counted but not heard. What
    is younger than `reorder` seconds should not be taken yet, packets may still come for it. At most `most_waiting`
    packets wait to be taken, up to `most_sources` SSRCs are kept apart, and the first `most_gaps` gaps are told.
    """

    def __init__(
        self,
        codec: Codec,
        *,
        began: float,
        payload_type: int | None = None,
        reorder: float = 0.2,
        most_waiting: int = 500,
        most_sources: int = 4,
        most_gaps: int = 1000,
    ) -> None:
        self.codec = codec
        self.reorder = reorder
        self._began = began
        self._payload_type = codec.payload_type if payload_type is None else payload_type
        self._most_waiting = most_waiting
        self._most_sources = most_sources
        self._counters = Counters()
        self._laying = Laying(codec, began, self._counters, most_gaps)
        self._sources: list[Source] = []
        self._by_ssrc: dict[int, Source] = {}
        self._newest: Source | None = None
        self._candidate: Source | None = None
        self._last_arrival: float | None = None

    def add(self, packet: Packet, at: float) -> None:
        """Take a packet that arrived at `at`, in whatever order."""
        self._counters.received += 1
        self._last_arrival = at
        source = self._source(packet, at)
        admitted = source.admit(packet.sequence, packet.timestamp, at)
        if admitted is None:
            return
        if self._waiting >= self._most_waiting:
            self._counters.dropped += 1
            return
        payload = packet.payload if packet.payload_type == self._payload_type else b""
        ticks = self.codec.ticks(payload)
        if payload and not ticks:
            self._counters.broken += 1
        source.append(*admitted, ticks, payload[: ticks * self.codec.width] if self.codec.width else payload)

    def add_datagrams(self, datagrams: Sequence[bytes], at: float) -> None:
        """Take what was read at once from the stream's socket: as parsing and adding one by one, but faster.

        What is no RTP counts as broken. Do not read all 200 ms, nor any other multiple of 20 ms: then every packet has
        waited for the same part of 20 ms, and all of the audio is that much late.
        """
        index = 0
        while index < len(datagrams):
            index += self._add_in_order(datagrams, index, at)
            if index < len(datagrams):
                try:
                    packet = parse(datagrams[index])
                except RtpError:
                    self._counters.broken += 1
                else:
                    self.add(packet, at)
                index += 1

    def take(self, until: float) -> Samples:
        """Return the audio from the last `until` (or `began`) to this one; their lengths add up to the sample.

        Packets that come for this time later are late.
        """
        data = self._take(until)
        return self.codec.decode(data) if isinstance(self.codec, SampleCodec) else np.frombuffer(data, np.int16)

    def take_payload(self, until: float) -> bytes:
        """Return the same as a payload, without decoding. Raises `UnsupportedCodec` if the codec has no `width`."""
        if not self.codec.width:
            raise UnsupportedCodec(f"{self.codec.name} can only be taken as samples")
        return self._take(until)

    @property
    def last_arrival(self) -> float | None:
        """When the last packet came; None as long as none has."""
        return self._last_arrival

    @property
    def stats(self) -> StreamStats:
        """What became of the packets up to now."""
        counted, clock = self._counters, self._newest.clock if self._newest else None
        return StreamStats(
            received=counted.received,
            lost=counted.lost,
            late=counted.late,
            duplicates=counted.duplicates,
            reordered=counted.reordered,
            dropped=counted.dropped,
            broken=counted.broken,
            jitter=clock.jitter if clock else 0.0,
            drift_ppm=clock.drift_ppm if clock else 0.0,
            last_arrival=self._last_arrival,
            gaps=tuple(self._laying.gaps),
        )

    @property
    def _waiting(self) -> int:
        count = self._candidate.count if self._candidate else 0
        for source in self._sources:
            count += source.count
        return count

    def _take(self, until: float) -> bytes:
        tape = self._laying.tape
        goal = max(tape.cut_at, round((until - self._began) * self.codec.sample_rate))
        for source in self._sources:
            self._laying.lay(source, goal)
        return tape.cut(goal)

    def _source(self, packet: Packet, at: float) -> Source:
        """Return the source of a packet; one that fits none begins a new source, and those after it confirm it."""
        known, candidate, needed = self._by_ssrc.get(packet.ssrc), self._candidate, _PROBATION
        if known is not None and known.fits(packet.sequence, packet.timestamp, at, marker=packet.marker):
            if not known.had(packet.sequence):
                self._newest = known
                if self._doubted(known):
                    self._candidate = None
                return known
            self._counters.duplicates += 1
            needed = _ANEW
        if (
            candidate is None
            or candidate.ssrc != packet.ssrc
            or not candidate.fits(packet.sequence, packet.timestamp, at)
            or (needed == _ANEW and not candidate.precedes(packet.sequence))
        ):
            self._candidate = Source(self.codec, packet.ssrc, packet.sequence, packet.timestamp, self._counters)
            return self._candidate
        if candidate.count + 1 < needed:
            return candidate
        self._candidate = None
        if needed == _ANEW:
            self._counters.duplicates -= _ANEW
        if len(self._sources) >= self._most_sources:
            oldest = self._sources.pop(0)
            self._counters.dropped += oldest.count
            if self._by_ssrc[oldest.ssrc] is oldest:
                del self._by_ssrc[oldest.ssrc]
        self._sources.append(candidate)
        self._by_ssrc[candidate.ssrc] = candidate
        self._newest = candidate
        return candidate

    def _doubted(self, source: Source) -> int:
        """Return how many packets speak for it that a source has begun anew."""
        return self._candidate.count if self._candidate is not None and self._candidate.ssrc == source.ssrc else 0

    def _add_in_order(self, datagrams: Sequence[bytes], begin: int, at: float) -> int:
        """Take packets as long as each is just what must follow; return how many."""
        source = self._newest
        run = source.tail(at) if source is not None and self.codec.uniform else None
        if source is None or run is None or not run.ticks or self._by_ssrc.get(source.ssrc) is not source:
            return 0
        pack, payload_type, ssrc = FIXED_HEADER.pack, self._payload_type, source.ssrc
        sequence, timestamp, ticks, payloads = run.end, run.end_timestamp, run.ticks, run.payloads
        header = FIXED_HEADER.size
        size = header + len(payloads[-1])
        index = begin
        end = min(len(datagrams), begin + self._most_waiting - self._waiting + self._doubted(source))
        while index < end:
            data = datagrams[index]
            expected = pack(_NO_FLAGS, payload_type, sequence % SEQUENCES, timestamp % TIMESTAMPS, ssrc)
            if len(data) != size or not data.startswith(expected):
                break
            payloads.append(data[header:])
            sequence += 1
            timestamp += ticks
            index += 1
        if index > begin:
            self._counters.received += index - begin
            self._last_arrival = at
            if self._doubted(source):
                self._candidate = None
            source.lengthened(index - begin, ticks, at)
        return index - begin
