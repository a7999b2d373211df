"""What people in the simulation say, as a signal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hub.media.codec import Samples
    from hub.sim.exchange.office import Who

LOUDNESS = 8000
"""The amplitude of tones: a quarter of full scale, so that two together are not clipped."""
_LOUDEST = 32_767
_TONES = (370, 430, 510, 590, 670, 770, 890, 1030, 1190, 1370, 1570, 1810)
"""Hertz; none is a multiple of another, all pass every codec."""


class Voice(Protocol):
    """Something that can be heard at any time; equal ones say the same."""

    def heard(self, begin: int, count: int, rate: int) -> Samples:
        """Return `count` samples from sample `begin` on, at `rate` samples a second."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody speaks."""

    def heard(self, begin: int, count: int, rate: int) -> Samples:  # noqa: ARG002  silent at any time
        """See `Voice`."""
        return np.zeros(count, np.int16)


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone of so many `hertz`, `sounds` seconds on and `pauses` seconds off in turn."""

    hertz: float
    sounds: float = 1.0
    pauses: float = 0.0

    def heard(self, begin: int, count: int, rate: int) -> Samples:
        """See `Voice`."""
        time = np.arange(begin, begin + count) / rate
        on = time % (self.sounds + self.pauses) < self.sounds
        return (on * LOUDNESS * np.sin(2 * np.pi * self.hertz * time)).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A tone that rises from `low` to `high` hertz within `seconds`, again and again."""

    low: float = 300.0
    high: float = 3000.0
    seconds: float = 4.0

    def heard(self, begin: int, count: int, rate: int) -> Samples:
        """See `Voice`."""
        time = (np.arange(begin, begin + count) / rate) % self.seconds
        turns = self.low * time + (self.high - self.low) / (2 * self.seconds) * time**2
        return (LOUDNESS * np.sin(2 * np.pi * turns)).astype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Something recorded at `rate` samples a second, from the begin again when it is over."""

    samples: Samples
    rate: int
    _at_rate: dict[int, Samples] = field(default_factory=dict)

    def heard(self, begin: int, count: int, rate: int) -> Samples:
        """See `Voice`."""
        if rate not in self._at_rate:
            self._at_rate[rate] = _resampled(self.samples, self.rate, rate)
        samples = self._at_rate[rate]
        begin %= len(samples)
        if begin + count <= len(samples):
            return samples[begin : begin + count]
        return samples[np.arange(begin, begin + count) % len(samples)]


@dataclass(frozen=True, slots=True)
class Together:
    """Several at a time."""

    voices: tuple[Voice, ...]

    def heard(self, begin: int, count: int, rate: int) -> Samples:
        """See `Voice`."""
        mixed = sum(
            (voice.heard(begin, count, rate).astype(np.int32) for voice in self.voices), np.zeros(count, np.int32)
        )
        return np.clip(mixed, -_LOUDEST, _LOUDEST).astype(np.int16)


class Voices:
    """Who speaks how: as `known`, or else in a tone that nobody has yet who was heard before, while there are any.

    `people` have theirs at every start the same.
    """

    def __init__(self, known: Mapping[Who, Voice], people: Iterable[Who] = ()) -> None:
        self._voices = dict(known)
        self._free = list(_TONES)
        for who in people:
            self.of(who)

    def of(self, who: Who) -> Voice:
        """Return somebody's voice."""
        if who not in self._voices:
            tones = self._free or _TONES
            hertz = tones[crc32(f"{who.name} {who.number}".encode("utf-8", "replace")) % len(tones)]
            self._voices[who] = Tone(hertz)
            if self._free:
                self._free.remove(hertz)
        return self._voices[who]

    def together(self, speaking: Sequence[Who]) -> Voice:
        """Return what is heard where these speak."""
        voices = tuple(self.of(who) for who in speaking)
        if len(voices) == 1:
            return voices[0]
        return Together(voices) if voices else Silence()


def _resampled(samples: Samples, have: int, want: int) -> Samples:
    """Return the samples at another rate; what the lower rate cannot carry is taken out, so that it does not fold."""
    if have == want:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64))
    count = max(1, round(len(samples) * want / have))
    kept = np.zeros(count // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.clip(np.fft.irfft(kept, count) * (count / len(samples)), -_LOUDEST, _LOUDEST).astype(np.int16)
