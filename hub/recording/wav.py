"""Writes WAV files that are valid at any moment, so that a crash costs no more than what was not written yet."""

from __future__ import annotations

import errno
import os
import struct
from enum import IntEnum
from typing import TYPE_CHECKING

from hub.recording.naming import OWNER_ONLY

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = 2
LARGEST = 0xFFFF_FFFF - 64
"""Bytes of audio that a WAV file can hold: its sizes have 32 bits."""


class Coding(IntEnum):
    """How samples are written, by the format tags of WAV (RFC 2361): 16 bits linear, or G.711 as it came."""

    PCM = 1
    ALAW = 6
    MULAW = 7

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 2 if self is Coding.PCM else 1


_PCM = struct.Struct("<4sI4s4sIHHIIHH4sI")
_G711 = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
"""RIFF, the format, for G.711 also its empty extension and how many frames there are, and the size of the audio."""


def header(coding: Coding, rate: int, size: int) -> bytes:
    """Return what stands before `size` bytes of stereo audio."""
    frame = CHANNELS * coding.width
    head = _PCM if coding is Coding.PCM else _G711
    begin = (b"RIFF", head.size - 8 + size + size % 2, b"WAVE", b"fmt ")
    form = (coding, CHANNELS, rate, rate * frame, frame, 8 * coding.width)
    if coding is Coding.PCM:
        return _PCM.pack(*begin, 16, *form, b"data", size)
    return _G711.pack(*begin, 18, *form, 0, b"fact", 4, size // frame, b"data", size)


class FileGone(OSError):  # noqa: N818  what it tells
    """The file, or the folder that it was in, was removed."""


class WavWriter:
    """One new file, for its owner's eyes only. Everything raises OSError; what was written before stays readable."""

    def __init__(self, path: Path, coding: Coding, rate: int) -> None:
        self.path = path
        self.coding = coding
        self.rate = rate
        self.frames = 0
        self._size = 0
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), OWNER_ONLY)
        self._file = os.fdopen(fd, "r+b", buffering=0)
        self._begin = self._write(0, header(coding, rate, 0))
        lock(self._file.fileno())

    @property
    def seconds(self) -> float:
        """How much audio there is."""
        return self.frames / self.rate

    def write(self, frames: bytes) -> None:
        """Add interleaved frames: the audio first, then the header that tells of it."""
        if self._size + len(frames) > LARGEST:
            raise OSError(errno.EFBIG, "a WAV file can hold no more")
        if os.fstat(self._file.fileno()).st_nlink == 0:
            raise FileGone(errno.ENOENT, "the file was removed")
        self._write(self._begin + self._size, frames)
        self._size += len(frames)
        self.frames = self._size // (CHANNELS * self.coding.width)
        self._write(0, header(self.coding, self.rate, self._size))

    def close(self) -> None:
        """Finish the file; what a disk that filled up took of the last write goes."""
        try:
            self._file.truncate(self._begin + self._size)
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _write(self, at: int, data: bytes) -> int:
        self._file.seek(at)
        written = self._file.write(data) or 0
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written


def lock(fd: int) -> bool:
    """Mark an open file as being written until it is closed, or this process ends; False if another process has."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover  where there are no such locks, every file is taken for one left behind
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
