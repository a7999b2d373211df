"""The shape of a recording, for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soundfile

if TYPE_CHECKING:
    from pathlib import Path

_AT_ONCE = 1 << 18


class NoAudio(Exception):  # noqa: N818  what it tells
    """A file holds no audio that can be read."""


def peaks(path: Path, points: int) -> list[list[float]]:
    """Return for each channel the loudest sample, 0 to 1, of each of at most `points` stretches of the same length.

    Raises `NoAudio`.
    """
    try:
        with soundfile.SoundFile(path) as file:
            return _peaks(file, points)
    except soundfile.LibsndfileError as error:
        raise NoAudio(error.error_string) from None


def _peaks(file: soundfile.SoundFile, points: int) -> list[list[float]]:
    step = max(1, -(-file.frames // points))
    found: list[list[float]] = [[] for _ in range(file.channels)]
    at_once = max(1, _AT_ONCE // step) * step
    while len(frames := file.read(at_once, dtype="float32", always_2d=True)):
        loud = np.maximum.reduceat(np.abs(frames), np.arange(0, len(frames), step), axis=0)
        for channel, values in zip(found, loud.T, strict=True):
            channel += [round(min(1.0, float(value)), 4) for value in values]
    return found
