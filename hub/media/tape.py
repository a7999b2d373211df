"""Audio at its places, silence everywhere else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hub.media.codec import Samples


class Tape:
    """Samples of `len(silent)` bytes each, from where it was cut last; positions count samples since its begin."""

    def __init__(self, silent: bytes) -> None:
        self.cut_at = 0
        self._silent = silent
        self.width = len(silent)
        self._data = bytearray()

    def lay(self, position: int, data: bytes) -> None:
        """Put samples at a position, over what is there; what lies before the cut is lost."""
        begin = (position - self.cut_at) * self.width
        if begin < 0:
            data, begin = data[-begin:], 0
        if begin > len(self._data):
            self._data += self._silent * ((begin - len(self._data)) // self.width)
        self._data[begin : begin + len(data)] = data

    def cut(self, position: int) -> bytes:
        """Take out everything up to a position."""
        length = max(0, position - self.cut_at) * self.width
        if length > len(self._data):
            self._data += self._silent * ((length - len(self._data)) // self.width)
        taken = bytes(self._data[:length])
        del self._data[:length]
        self.cut_at = max(self.cut_at, position)
        return taken


def stretched(data: bytes, samples: Samples, count: int) -> bytes:
    """Return `data` with `count` samples more (or less, if negative), evenly spread, where it is heard the least.

    `samples` is what `data` sounds like, `data` may have any width.
    """
    parts = np.array_split(np.abs(np.diff(samples.astype(np.int32), append=samples[-1:])), abs(count))
    begins = np.cumsum([0, *(len(part) for part in parts[:-1])])
    flattest = [int(begin + part.argmin()) for begin, part in zip(begins, parts, strict=True) if len(part)]
    units = np.frombuffer(data, np.uint8).reshape(len(samples), -1)
    if count < 0:
        return np.delete(units, flattest, axis=0).tobytes()
    return np.insert(units, flattest, units[flattest], axis=0).tobytes()
