"""Real speech, by espeak-ng, and how well it came through."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hub.sim.audio.voices import Recorded

if TYPE_CHECKING:
    from pathlib import Path

    from hub.media.codec import Samples


OF_SPEECH = {"PCMU": 34.0, "PCMA": 34.0, "G722": 18.0, "L16": 100.0, "opus": 6.0}
"""Signal to noise in dB that a codec must leave of speech."""


def spoken(path: Path, text: str, voice: str = "en") -> Recorded:
    """Have a text spoken into a WAV file; a test that uses it needs the mark `peer`."""
    program = shutil.which("espeak-ng")
    if program is None and not os.environ.get("CI"):
        pytest.skip("espeak-ng is not installed")
    assert program is not None, "espeak-ng is not installed"
    subprocess.run([program, "-v", voice, "-w", str(path), text], check=True, timeout=30)
    with wave.open(str(path)) as file:
        return Recorded(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16), file.getframerate())


def signal_to_noise(sent: Samples, got: Samples, within: int = 1000) -> float:
    """Return it in dB, for the delay (up to `within` samples) at which the two are most alike."""
    count = min(len(sent), len(got)) - within
    said, heard = sent[:count].astype(np.float64), got[: count + within].astype(np.float64)
    size = 1 << (2 * len(heard)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)[: within + 1]
    delay = int(np.argmax(likeness))
    return float(10 * np.log10(np.sum(said**2) / max(np.sum((heard[delay : delay + count] - said) ** 2), 1e-9)))
