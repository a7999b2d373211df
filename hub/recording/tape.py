"""Two streams of RTP become one stereo file: the user on the left, the far end on the right."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hub.media.codec import SampleCodec
from hub.media.jitter import Timeline
from hub.recording import gain, tones
from hub.recording.latch import Latch
from hub.recording.wav import CHANNELS, Coding, WavWriter

if TYPE_CHECKING:
    from pathlib import Path

    from hub.media.codec import Codec
    from hub.media.jitter import StreamStats

Samples = NDArray[np.int16] | NDArray[np.uint8]
"""Linear, or bytes of G.711."""
LEFT, RIGHT = 0, 1
BEHIND = 0.2
"""Seconds that writing stays behind, so that packets which were overtaken find their place."""

_AT_ONCE = 10
"""Seconds of silence written at once."""

_AS_IT_CAME = {"PCMU": Coding.MULAW, "PCMA": Coding.ALAW}


class Change(StrEnum):
    """What a tape is told to do at a time."""

    BREAK = "break"
    JOIN = "join"
    BEEP = "beep"
    THREE_BEEPS = "three beeps"
    MARK = "mark"


_BEEPS = {Change.BEEP: 1, Change.THREE_BEEPS: 3}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at `at` seconds of the file, that happened at `time` (monotonic seconds)."""

    at: float
    time: float
    what: Change
    why: str = ""


class Tape:
    """Writes one call. Times are monotonic seconds, and never go back; the file begins at `began`.

    G.711 is written as it came, all else as 16 bits linear. `louder` is in decibels; a beep is mixed in every
    `tone_every` seconds, if that is not 0. Silence is not written before something is heard. `sender` is whom both
    streams come from, if that is known (see `hub.recording.latch`). Everything that writes raises OSError.
    """

    def __init__(
        self,
        path: Path,
        codec: Codec,
        began: float,
        *,
        payload_type: int | None = None,
        louder: float = 0.0,
        tone_every: float = 0.0,
        sender: bytes = b"",
    ) -> None:
        coding = _AS_IT_CAME.get(codec.name, Coding.PCM)
        self.codec = codec
        self.writer = WavWriter(path, coding, codec.sample_rate)
        left, right = (Timeline(codec, began=began, payload_type=payload_type, reorder=BEHIND) for _ in range(CHANNELS))
        self.sides = (left, right)
        self.latches = (Latch(sender, began=began), Latch(sender, began=began))
        self.marks: list[Mark] = []
        self.heard_at = began
        self._at = began
        self._owed = 0
        self._louder = louder
        self._raw = coding is not Coding.PCM
        self._table = self._recoded(louder) if self._raw and louder else None
        self._running = True
        self._failed = False
        self._changes: deque[Mark] = deque()
        self._tones: deque[tuple[int, NDArray[np.int16]]] = deque()
        self._tone_every = round(tone_every * codec.sample_rate)
        self._next_tone = self._tone_every

    def change(self, what: Change, at: float, why: str = "") -> None:
        """Have something done at a time, not before the last one."""
        self._changes.append(Mark(0.0, at, what, why))

    def write(self, now: float) -> None:
        """Write what is old enough at `now`."""
        self._write_until(now - BEHIND)

    def finish(self, at: float) -> None:
        """Write all up to a time, unless that was in vain before, and close the file, whatever happens."""
        try:
            if not self._failed:
                self._write_until(at)
                self._make_up()
        finally:
            self.writer.close()

    @property
    def heard(self) -> bool:
        """Whether any audio has come."""
        return any(side.last_arrival is not None for side in self.sides)

    @property
    def reception(self) -> tuple[StreamStats, StreamStats]:
        """How the streams arrived, the user's and the far end's."""
        return self.sides[LEFT].stats, self.sides[RIGHT].stats

    def _write_until(self, until: float) -> None:
        while self._changes and self._changes[0].time <= until:
            change = self._changes.popleft()
            self._copy(change.time)
            self._apply(change)
        self._copy(until)

    def _apply(self, change: Mark) -> None:
        if change.what in _BEEPS:
            self._tones.append((self._frames, tones.beeps(self.codec.sample_rate, _BEEPS[change.what])))
        elif change.what is Change.BREAK:
            self._running = False
        elif change.what is Change.JOIN:
            self._running = True
        self.marks.append(Mark(self._frames / self.codec.sample_rate, change.time, change.what, change.why))

    @property
    def _frames(self) -> int:
        """How much is in the file, or will be once something is heard."""
        return self.writer.frames + self._owed

    def _copy(self, until: float) -> None:
        """Move on to a time; what comes while nothing is to be recorded is thrown away."""
        if until <= self._at:
            return
        self._at = until
        sides = [self._taken(side, until) for side in self.sides]
        if not self._running or not len(sides[LEFT]):
            return
        if self.heard:
            self._make_up()
            self._put(sides)
        else:
            self._owed += len(sides[LEFT])

    def _make_up(self) -> None:
        """Write the silence that was before the first audio, if there is any."""
        while self._owed and self.heard:
            count = min(self._owed, _AT_ONCE * self.codec.sample_rate)
            self._owed -= count
            self._put([self._silence(count), self._silence(count)])

    def _put(self, sides: list[Samples]) -> None:
        self._mix_tones(sides)
        self._failed = True
        self.writer.write(_interleaved(sides))
        self._failed = False

    def _silence(self, count: int) -> Samples:
        if not isinstance(self.codec, SampleCodec) or not self._raw:
            return np.zeros(count, np.int16)
        return np.full(count, self.codec.silent[0], np.uint8)

    def _taken(self, side: Timeline, until: float) -> Samples:
        """Return a stream's next samples, amplified: bytes of G.711, or linear ones."""
        if not self._raw:
            return gain.amplified(side.take(until), self._louder)
        samples = np.frombuffer(side.take_payload(until), np.uint8)
        return samples if self._table is None else self._table[samples]

    def _mix_tones(self, sides: list[Samples]) -> None:
        """Mix the tones that fall into the next samples of the file into them."""
        begin = self.writer.frames
        end = begin + len(sides[LEFT])
        while self._tone_every and self._next_tone < end:
            self._tones.append((self._next_tone, tones.beeps(self.codec.sample_rate)))
            self._next_tone += self._tone_every
        waiting, self._tones = self._tones, deque()
        for at, tone in waiting:
            if at >= end:
                self._tones.append((at, tone))
                continue
            here = tone[: end - at]
            for channel, side in enumerate(sides):
                sides[channel] = self._with_tone(side, at - begin, here)
            if len(here) < len(tone):
                self._tones.append((end, tone[len(here) :]))

    def _with_tone(self, side: Samples, at: int, tone: NDArray[np.int16]) -> Samples:
        side, part = side.copy(), slice(at, at + len(tone))
        if not self._raw:
            side[part] = tones.mixed(side[part].view(np.int16), tone)
            return side
        linear = self.codec.decoder().decode(side[part].tobytes())
        side[part] = np.frombuffer(self.codec.encoder().encode(tones.mixed(linear, tone)), np.uint8)
        return side

    def _recoded(self, louder: float) -> Samples:
        """Return what each byte of a G.711 stream becomes: 256 of them are quickly looked up."""
        linear = self.codec.decoder().decode(bytes(range(256)))
        return np.frombuffer(self.codec.encoder().encode(gain.amplified(linear, louder)), np.uint8)


def _interleaved(sides: list[Samples]) -> bytes:
    frames = np.empty((len(sides[LEFT]), CHANNELS), sides[LEFT].dtype)
    frames[:, LEFT], frames[:, RIGHT] = sides
    return frames.tobytes()
