"""Uncompressed audio, 16 bits in network byte order (RFC 3551, section 4.5.11)."""

from __future__ import annotations

import numpy as np

from hub.media.codec import CodecError, SampleCodec, Samples


class L16(SampleCodec):
    """Mono, at a rate that the two sides agree upon."""

    name = "L16"
    width = 2
    silent = b"\0\0"

    def __init__(self, rate: int = 16_000, payload_type: int = 97) -> None:
        self.payload_type = payload_type
        self.clock_rate = rate
        self.sample_rate = rate

    def decode(self, payload: bytes, /) -> Samples:
        """See `Codec`."""
        if len(payload) % self.width:
            raise CodecError(f"{len(payload)} bytes are no samples of 16 bits")
        return np.frombuffer(payload, ">i2").astype(np.int16)

    def encode(self, samples: Samples, /) -> bytes:
        """See `Codec`."""
        return samples.astype(">i2").tobytes()
