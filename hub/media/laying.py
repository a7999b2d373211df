"""Lays the packets of a source on the tape. Pure."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from hub.media.codec import Codec, CodecError, SampleCodec
from hub.media.source import Counters, Place, Run, Source
from hub.media.tape import Tape, stretched

if TYPE_CHECKING:
    from hub.media.codec import Samples

_TOLERANCE = 0.004
"""Seconds that audio may be off its place before it is moved."""
_SPLICE = 0.02
"""Seconds from which on it is moved at once."""


class Laying:
    """Decides where packets lie. `began` is when the tape begins, at most `most_gaps` gaps are remembered."""

    def __init__(self, codec: Codec, began: float, counters: Counters, most_gaps: int) -> None:
        self.tape = Tape(codec.silent if isinstance(codec, SampleCodec) else b"\0\0")
        self.gaps: list[tuple[float, float]] = []
        self._codec = codec
        self._began = began
        self._counters = counters
        self._most_gaps = most_gaps
        self._rate = codec.sample_rate
        self._per_tick = codec.sample_rate // codec.clock_rate
        self._tolerance = round(_TOLERANCE * self._rate)
        self._splice = round(_SPLICE * self._rate)

    def lay(self, source: Source, goal: int) -> None:
        """Lay the packets that begin before the position `goal`."""
        source.waiting.sort(key=attrgetter("first"))
        while source.waiting:
            run = source.waiting[0]
            begin, stretch = self._begin(source, run)
            length = run.ticks * self._per_tick
            count = min(len(run.payloads), -((begin - goal) // length)) if length else len(run.payloads)
            if count <= 0:
                return
            source.count -= count
            now = Run(run.first, run.timestamp, run.ticks, run.payloads[:count])
            if count < len(run.payloads):
                source.waiting[0] = run.without(count)
            else:
                del source.waiting[0]
            self._lay_run(source, now, begin, stretch)

    def _begin(self, source: Source, run: Run) -> tuple[int, int]:
        """Return where a run begins, and how many samples are to be put in (or left out) to bring it to its place."""
        wanted = round((source.clock.time(run.timestamp / self._codec.clock_rate) - self._began) * self._rate)
        place = source.place
        if place is None:
            return wanted, 0
        natural = place.position + (run.timestamp - place.timestamp) * self._per_tick
        off = wanted - natural
        if abs(off) > self._splice:
            return wanted, 0
        correction = off - max(-self._tolerance, min(self._tolerance, off))
        return (natural, correction) if run.timestamp == place.timestamp else (natural + correction, 0)

    def _lay_run(self, source: Source, run: Run, begin: int, stretch: int) -> None:
        place = source.place
        if place is not None and run.first < place.sequence:
            self._counters.late += len(run.payloads)
            return
        if not run.ticks:
            if place is not None:
                place.sequence = run.end
            return
        cut_at = self.tape.cut_at
        if begin < cut_at and cut_at:
            self._counters.late += min(len(run.payloads), (cut_at - begin) // (run.ticks * self._per_tick))
        if place is not None and run.first > place.sequence:
            self._note_gap(place.position, begin)
        data = self._audio(source, run, stretch)
        self.tape.lay(begin, data)
        source.place = Place(run.end, run.end_timestamp, begin + len(data) // self.tape.width)

    def _note_gap(self, begin: int, end: int) -> None:
        if max(0, begin) < end and len(self.gaps) < self._most_gaps:
            self.gaps.append((max(0, begin) / self._rate, end / self._rate))

    def _audio(self, source: Source, run: Run, stretch: int) -> bytes:
        """Return the run as it stands on the tape."""
        stretch = max(-len(run.payloads), min(len(run.payloads), stretch))
        if isinstance(self._codec, SampleCodec):
            data = b"".join(run.payloads)
            return stretched(data, self._codec.decode(data), stretch) if stretch else data
        length = run.ticks * self._per_tick
        samples = np.zeros(length * len(run.payloads), np.int16)
        for number, payload in enumerate(run.payloads):
            decoded = self._decoded(source, payload)[:length]
            samples[number * length : number * length + len(decoded)] = decoded
        data = samples.tobytes()
        return stretched(data, samples, stretch) if stretch else data

    def _decoded(self, source: Source, payload: bytes) -> Samples:
        try:
            return source.decoder.decode(payload)
        except CodecError:
            self._counters.broken += 1
            return np.zeros(0, np.int16)
