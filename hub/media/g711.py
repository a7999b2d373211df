"""ITU-T G.711: mu-law and A-law, one byte a sample, by table."""

from __future__ import annotations

import numpy as np

from hub.media.codec import SampleCodec, Samples

_CODES = np.arange(256)


def _mu_law() -> Samples:
    code = ~_CODES & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _a_law() -> Samples:
    code = _CODES ^ 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 0x08, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest(levels: Samples) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return, for each 16-bit sample read as unsigned, the code whose level is the closest."""
    order = np.argsort(levels, kind="stable")
    ascending = levels[order].astype(np.int32)
    samples = np.arange(1 << 16).astype(np.uint16).view(np.int16)
    return order[np.searchsorted((ascending[1:] + ascending[:-1]) / 2, samples, side="right")].astype(np.uint8)


class G711(SampleCodec):
    """One of the two laws, by the `levels` of its 256 codes."""

    width = 1

    def __init__(self, name: str, payload_type: int, levels: Samples, silent: bytes) -> None:
        self.name = name
        self.payload_type = payload_type
        self.silent = silent
        self._levels = levels
        self._codes = _nearest(levels)

    def ticks(self, payload: bytes, /) -> int:
        """See `Codec`."""
        return len(payload)

    def decode(self, payload: bytes, /) -> Samples:
        """See `Codec`; every byte is a sample."""
        return self._levels[np.frombuffer(payload, np.uint8)]

    def encode(self, samples: Samples, /) -> bytes:
        """See `Codec`."""
        return self._codes[np.ascontiguousarray(samples, np.int16).view(np.uint16)].tobytes()


PCMU = G711("PCMU", 0, _mu_law(), b"\xff")
PCMA = G711("PCMA", 8, _a_law(), b"\xd5")
