"""Finds recordings that an earlier run left behind, and makes sound what a crash broke off."""

from __future__ import annotations

import logging
import struct
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.recording import sidecar
from hub.recording.convert import ENDINGS, Format
from hub.recording.naming import SIDECAR, beside
from hub.recording.sidecar import Stage
from hub.recording.wav import CHANNELS, Coding, header, lock

if TYPE_CHECKING:
    from pathlib import Path

    from hub.recording.sidecar import Sidecar

log = logging.getLogger(__name__)


def found(folder: Path, user: str) -> list[tuple[Path, Sidecar]]:
    """Return the sidecars of a user's recordings in a folder that nobody writes any more, the oldest first.

    A file that was being written is cut to what its header tells of.
    """
    all_there = []
    for path in folder.glob(f"*{SIDECAR}"):
        told = sidecar.read(path)
        if told is None or told.user != user:
            continue
        if told.stage is Stage.RECORDING:
            try:
                told = _mended(path, told)
            except (OSError, ValueError, struct.error) as error:
                log.warning("%s cannot be taken up: %s", path, error)
                continue
        if told is not None:
            all_there.append((path, told))
    return sorted(all_there, key=lambda each: each[1].began)


def _mended(path: Path, told: Sidecar) -> Sidecar | None:
    """Return what there is of a recording that was broken off; None if it is still being written, or empty."""
    audio = beside(path, ENDINGS[Format.WAV])
    with audio.open("rb+") as file:
        if not lock(file.fileno()):
            return None
        begin, coding, rate, size = _what_is_there(file.read(64))
        file.truncate(begin + size)
    if not size:
        audio.unlink()
        path.unlink()
        return None
    duration = size / (CHANNELS * coding.width) / rate
    ended = told.began + timedelta(seconds=duration)
    mended = told.model_copy(update={"stage": Stage.CONVERTING, "duration": duration, "ended": ended})
    sidecar.write(path, mended)
    return mended


def _what_is_there(begin: bytes) -> tuple[int, Coding, int, int]:
    """Return where the audio of one of the hub's files begins, its coding, its rate, and how many bytes there are."""
    tag, _, rate = struct.unpack_from("<HHI", begin, 20)
    coding = Coding(tag)
    start = len(header(coding, rate, 0))
    (size,) = struct.unpack_from("<I", begin, start - 4)
    return start, coding, rate, size
