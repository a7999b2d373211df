"""Louder or softer, with a soft limiter: a peak is rounded off, never cut off."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KNEE = 0.7
"""Of full scale; what stays below is exact, what goes above is pressed into the rest."""


@cache
def table(decibels: float) -> NDArray[np.int16]:
    """Return what each of the 65,536 samples becomes, by its bits as an unsigned number."""
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16) / 32_768.0
    wanted = samples * 10 ** (decibels / 20)
    above = np.abs(wanted) - KNEE
    pressed = KNEE + (1 - KNEE) * np.tanh(np.maximum(above, 0) / (1 - KNEE))
    limited = np.where(above > 0, np.copysign(pressed, wanted), wanted)
    return np.round(limited * 32_767).astype(np.int16)


def amplified(audio: NDArray[np.int16], decibels: float) -> NDArray[np.int16]:
    """Return audio by so many decibels louder."""
    return audio if not decibels else table(decibels)[audio.view(np.uint16)]
