"""Voices from WAV files."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from hub.sim.audio.voices import Recorded

_WIDTH = 2
_RATES = (8000, 48_000)
_LONGEST = 600
"""Seconds."""


def recorded(path: Path) -> Recorded:
    """Read a voice; several channels are mixed. Raises `ValueError` with what is wrong with the file."""
    try:
        import numpy as np

        from hub.sim.audio.voices import Recorded
    except ImportError:
        raise ValueError("a voice needs phonehub[recording], which is not installed") from None
    try:
        with wave.open(str(path)) as file:
            width, rate, channels, frames = (
                file.getsampwidth(),
                file.getframerate(),
                file.getnchannels(),
                file.getnframes(),
            )
            if width != _WIDTH or not _RATES[0] <= rate <= _RATES[1]:
                raise ValueError(f"it has {8 * width} bits at {rate} Hz instead of 16 at {_RATES[0]} to {_RATES[1]}")
            if not 0 < frames <= _LONGEST * rate:
                raise ValueError(f"it lasts {frames / rate:g} s instead of up to {_LONGEST}")
            data = file.readframes(frames)
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except (wave.Error, EOFError) as error:
        raise ValueError(f"it is no WAV file of plain samples ({str(error) or 'it ends too early'})") from None
    samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels)
    return Recorded(samples.mean(axis=1).astype(np.int16), rate)
