"""What every codec can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono audio, 16 bits signed."""
FRAME_SECONDS = 0.02
"""How long a packet usually sounds."""


class UnsupportedCodec(LookupError):  # noqa: N818  the refusal's word
    """There is no such codec; says which there are."""


class CodecError(ValueError):
    """A payload that is none of the codec's."""


class Decoder(Protocol):
    """Turns the payloads of one stream, in order, into audio."""

    def decode(self, payload: bytes, /) -> Samples:
        """Return the samples, at the codec's `sample_rate`. Raises `CodecError`."""


class Encoder(Protocol):
    """Turns the audio of one stream into payloads."""

    def encode(self, samples: Samples, /) -> bytes:
        """Return a payload of these samples: 20 ms of them, unless the codec has a `width`; then any number."""


class Codec(ABC):
    """A kind of payload, named as in RFC 3551 or 7587; `payload_type` is its static or its usual dynamic one.

    RTP timestamps count at `clock_rate`, audio has `sample_rate` samples a second. Where samples stand one after
    another in the payload, `width` is the bytes of each: such a payload can be cut and joined anywhere. Else it is 0,
    and payloads are decoded whole and in order. Payloads of one length sound equally long if it is `uniform`.
    """

    name: str
    payload_type: int
    clock_rate: int = 8000
    sample_rate: int = 8000
    width: int = 0
    uniform: bool = True

    @property
    def frame(self) -> int:
        """How many samples 20 ms have."""
        return round(FRAME_SECONDS * self.sample_rate)

    @abstractmethod
    def ticks(self, payload: bytes, /) -> int:
        """Return how long the payload sounds, in ticks of `clock_rate`, without decoding it; 0 if it is broken."""

    @abstractmethod
    def decoder(self) -> Decoder:
        """Return a decoder for one stream."""

    @abstractmethod
    def encoder(self) -> Encoder:
        """Return an encoder for one stream."""


class SampleCodec(Codec):
    """A codec without memory: each sample by itself, `width` bytes of it. It is its own decoder and encoder.

    `silent` is the sample that cannot be heard, as it stands in the payload.
    """

    silent: bytes

    def ticks(self, payload: bytes, /) -> int:
        """See `Codec`."""
        return len(payload) // self.width

    def decoder(self) -> SampleCodec:
        """See `Codec`."""
        return self

    def encoder(self) -> SampleCodec:
        """See `Codec`."""
        return self

    def silence(self, samples: int) -> bytes:
        """Return a payload of so many samples that cannot be heard."""
        return self.silent * samples

    @abstractmethod
    def decode(self, payload: bytes, /) -> Samples:
        """Return the samples. Raises `CodecError`."""

    @abstractmethod
    def encode(self, samples: Samples, /) -> bytes:
        """Return a payload of any number of samples."""
