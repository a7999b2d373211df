"""G.722 (RFC 3551, section 4.5.2) and Opus (RFC 7587), by FFmpeg."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from hub.media.codec import Codec, CodecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import av

    from hub.media.codec import Samples

_Name = Literal["g722", "libopus"]
_LONGEST_OPUS = 5760
"""Ticks of the longest packet that Opus allows: 120 ms."""


class G722(Codec):
    """64 kbit/s in wide band. Its RTP clock runs at 8000 although there are 16,000 samples a second."""

    name = "G722"
    payload_type = 9
    sample_rate = 16_000

    def ticks(self, payload: bytes, /) -> int:
        """See `Codec`: a byte holds two samples."""
        return len(payload)

    def decoder(self) -> FramedDecoder:
        """See `Codec`."""
        return FramedDecoder("g722", self)

    def encoder(self) -> FramedEncoder:
        """See `Codec`."""
        return FramedEncoder("g722", self)


class Opus(Codec):
    """Full band, mixed to mono; packets of 2.5 to 120 ms are read, of 20 ms written, `bit_rate` bits a second."""

    name = "opus"
    payload_type = 111
    clock_rate = 48_000
    sample_rate = 48_000
    uniform = False

    def __init__(self, bit_rate: int = 32_000) -> None:
        self.bit_rate = bit_rate

    def ticks(self, payload: bytes, /) -> int:
        """See `Codec`: the first byte tells (RFC 6716, section 3.1)."""
        if not payload:
            return 0
        configuration, code = payload[0] >> 3, payload[0] & 3
        frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[code]
        if configuration < 12:  # noqa: PLR2004  SILK
            ticks = frames * (480, 960, 1920, 2880)[configuration & 3]
        elif configuration < 16:  # noqa: PLR2004  hybrid
            ticks = frames * (480, 960)[configuration & 1]
        else:  # CELT
            ticks = frames * (120, 240, 480, 960)[configuration & 3]
        return ticks if ticks <= _LONGEST_OPUS else 0

    def decoder(self) -> FramedDecoder:
        """See `Codec`."""
        return FramedDecoder("libopus", self)

    def encoder(self) -> FramedEncoder:
        """See `Codec`."""
        return FramedEncoder("libopus", self, {"application": "voip"}, self.bit_rate)


class FramedDecoder:
    """One stream through a decoder of FFmpeg."""

    def __init__(self, name: _Name, codec: Codec) -> None:
        self._context = _context(name, "r", codec)

    def decode(self, payload: bytes, /) -> Samples:
        """See `hub.media.codec.Decoder`."""
        import av

        try:
            frames = self._context.decode(av.Packet(payload)) if payload else []
        except av.FFmpegError as error:
            raise CodecError(f"{len(payload)} bytes are nothing that {self._context.name} can read ({error})") from None
        parts = [cast("Samples", frame.to_ndarray()[0]) for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


class FramedEncoder:
    """One stream through an encoder of FFmpeg, 20 ms at a time."""

    def __init__(self, name: _Name, codec: Codec, options: Mapping[str, str] | None = None, bit_rate: int = 0) -> None:
        self._context = _context(name, "w", codec)
        self._context.time_base = Fraction(1, codec.sample_rate)
        self._context.options = dict(options or {})
        if bit_rate:
            self._context.bit_rate = bit_rate
        self._frame = codec.frame
        self._written = 0

    def encode(self, samples: Samples, /) -> bytes:
        """See `hub.media.codec.Encoder`. Raises `CodecError` for any other number of samples than 20 ms have."""
        import av

        if len(samples) != self._frame:
            raise CodecError(f"{self._context.name} takes {self._frame} samples at a time, not {len(samples)}")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="s16", layout="mono")
        frame.sample_rate = self._context.sample_rate
        frame.pts = self._written
        self._written += self._frame
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


def _context(name: _Name, mode: Literal["r", "w"], codec: Codec) -> av.AudioCodecContext:
    import av

    context = av.CodecContext.create(name, mode)
    context.sample_rate = codec.sample_rate
    context.layout = "mono"
    context.format = av.AudioFormat("s16")
    return context
