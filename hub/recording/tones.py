"""The tones that a recording carries: one beep where it goes on, three where it began in mid-call, one now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PITCH = 1400.0
"""Hertz; the beep of recorders on telephone lines."""
LEVEL = 0.25
"""Of full scale."""
BEEP = 0.2
PAUSE = 0.2
"""Seconds of a beep, and between two."""
_RAMP = 0.005


def beeps(rate: int, times: int = 1) -> NDArray[np.int16]:
    """Return so many beeps at `rate` samples a second."""
    count = round(BEEP * rate)
    at = np.arange(count) / rate
    ends = np.minimum(1.0, np.minimum(at, at[::-1]) / _RAMP)
    one = np.round(np.sin(2 * np.pi * PITCH * at) * ends * LEVEL * 32767).astype(np.int16)
    pause = np.zeros(round(PAUSE * rate), np.int16)
    return np.concatenate([part for _ in range(times) for part in (one, pause)][:-1])


def mixed(audio: NDArray[np.int16], tone: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return both together, of the same length; what would be too loud is as loud as can be."""
    both = audio.astype(np.int32) + tone
    return both.clip(-32768, 32767).astype(np.int16)
