"""A stream on its way over a simulated network to a time line, and where its audio then lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hub.media.jitter import StreamStats, Timeline
from hub.media.rtp import parse
from hub.sim.audio.packets import PacketSource
from hub.sim.audio.voices import Recorded

if TYPE_CHECKING:
    from hub.media.codec import Codec, Samples
    from hub.sim.audio.impairments import Impairments
    from hub.sim.audio.voices import Voice

BEGAN = 5000.0


def babble(rate: int, seconds: int = 37, *, pauses: bool = False) -> Recorded:
    """Return band-limited noise, unlike itself at any other place; with silence of 0.3 to 3 s between spurts."""
    chance = np.random.default_rng(7)
    count = rate * seconds
    spectrum = np.fft.rfft(chance.normal(0, 6000, count))
    spectrum[int(3400 * seconds) :] = 0
    signal = np.fft.irfft(spectrum, count)
    if pauses:
        at = 2 * rate
        while at < count:
            silent = int(chance.uniform(0.3, 3) * rate)
            signal[at : at + silent] = 0
            at += silent + int(chance.uniform(0.4, 2.5) * rate)
    return Recorded(np.clip(signal, -32000, 32000).astype(np.int16), rate)


@dataclass
class Heard:
    samples: Samples
    stats: StreamStats
    rate: int


def carried(
    voice: Voice, codec: Codec, impairments: Impairments, seconds: int, *, every: float = 1.0, bulk: float = 0.0
) -> Heard:
    """Take audio `every` so many seconds; with `bulk`, read datagrams only that often, many at once."""
    source = PacketSource(voice, codec, began=BEGAN, impairments=impairments)
    timeline = Timeline(codec, began=BEGAN)
    parts, now, taken = [], BEGAN, BEGAN
    while now < BEGAN + seconds + timeline.reorder:
        now += bulk or every
        arrived = source.due(now)
        if bulk:
            timeline.add_datagrams([data for _, data in arrived], now)
        else:
            for at, data in arrived:
                timeline.add(parse(data), at)
        if now >= taken + every:
            taken = now
            parts.append(timeline.take(min(now - timeline.reorder, BEGAN + seconds)))
    parts.append(timeline.take(BEGAN + seconds))
    return Heard(np.concatenate(parts), timeline.stats, codec.sample_rate)


def offset(heard: Heard, voice: Voice, second: float, drift_ppm: float = 0.0, seconds: float = 1.0) -> float:
    """Return by how many seconds what was heard at a second is later than it was said, sought within 0.3 s."""
    rate, reach = heard.rate, 0.3
    begin = int(second * rate)
    part = heard.samples[begin : begin + int(seconds * rate)].astype(np.float64)
    said_from = int((second - reach) * rate * (1 + drift_ppm * 1e-6))
    said = voice.heard(said_from, len(part) + int(2 * reach * rate), rate).astype(np.float64)
    size = 1 << (len(said) + len(part)).bit_length()
    match = np.fft.irfft(np.fft.rfft(said, size) * np.conj(np.fft.rfft(part, size)), size)[: len(said) - len(part) + 1]
    return (reach * rate - int(np.argmax(match))) / rate
