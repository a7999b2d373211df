"""Hears what is in a file: a tone by a Goertzel filter, and where a signal lies by cross-correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def goertzel(samples: np.ndarray, pitch: float, rate: int) -> float:
    """Return the amplitude of a tone in some samples."""
    omega = 2 * np.pi * pitch / rate
    coefficient = 2 * np.cos(omega)
    before = last = 0.0
    for sample in samples.astype(float):
        before, last = last, sample + coefficient * last - before
    power = last**2 + before**2 - coefficient * last * before
    return 2 * float(np.sqrt(max(power, 0.0))) / len(samples)


def beeps(samples: np.ndarray, rate: int, pitch: float = 1400.0, loud: float = 0.1) -> list[tuple[float, float]]:
    """Return begin and end, in seconds, of each beep; samples are from -1 to 1."""
    step = rate // 100
    found: list[tuple[float, float]] = []
    for begin, level in _levels(samples, pitch, rate, step):
        at = begin / rate
        if level < loud:
            continue
        if found and at - found[-1][1] < 0.015:
            found[-1] = (found[-1][0], at + step / rate)
        else:
            found.append((at, at + step / rate))
    return [(begin, end) for begin, end in found if end - begin > 0.05]


def _levels(samples: np.ndarray, pitch: float, rate: int, step: int) -> Iterator[tuple[int, float]]:
    for begin in range(0, len(samples) - step + 1, step):
        yield begin, goertzel(samples[begin : begin + step], pitch, rate)


def offset(heard: np.ndarray, sent: np.ndarray, rate: int) -> float:
    """Return by how many seconds what was heard is later than what was sent."""
    size = 1 << (len(heard) + len(sent) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)), size)
    lag = int(np.argmax(product))
    return (lag - size if lag > size // 2 else lag) / rate


def snr(heard: np.ndarray, sent: np.ndarray) -> float:
    """Return the signal-to-noise ratio in decibels of what was heard."""
    heard, sent = heard.astype(float), sent.astype(float)
    return 10 * float(np.log10(np.sum(sent**2) / np.sum((heard - sent) ** 2)))
