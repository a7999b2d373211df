"""The packets of one RTP stream, as they arrive over a network that is not perfect. Pure, and the same for a seed."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from hub.media.codec import FRAME_SECONDS
from hub.media.rtp import SEQUENCES, TIMESTAMPS, Packet, build
from hub.sim.audio.impairments import UNIMPAIRED

if TYPE_CHECKING:
    from hub.media.codec import Codec
    from hub.sim.audio.impairments import Impairments
    from hub.sim.audio.voices import Voice

_INAUDIBLE = 16
"""The highest sample of a packet that silence suppression leaves out."""
_MOST_OVERTAKEN = 3


@dataclass(slots=True)
class _Origin:
    """The next `sequence` of an SSRC, and which `timestamp` the `frame` had at which it began."""

    ssrc: int
    sequence: int
    timestamp: int
    frame: int


class PacketSource:
    """A sender that says what `voice` says, 20 ms a packet, and the network behind it.

    The packet of the audio from `t` to `t` + 20 ms is sent at `t`; `began` and all times are monotonic seconds. The
    voice may be exchanged at any time.
    """

    def __init__(
        self,
        voice: Voice,
        codec: Codec,
        *,
        began: float,
        payload_type: int | None = None,
        impairments: Impairments = UNIMPAIRED,
    ) -> None:
        self.voice = voice
        self._codec = codec
        self._encoder = codec.encoder()
        self._began = began
        self._payload_type = codec.payload_type if payload_type is None else payload_type
        self._impaired = impairments
        self._random = random.Random(impairments.seed)  # noqa: S311  a simulation, no secret
        self._frame_seconds = FRAME_SECONDS / (1 + impairments.drift_ppm * 1e-6)
        self._ticks = round(FRAME_SECONDS * codec.clock_rate)
        self._frame = 0
        self._changes = sorted(impairments.ssrc_changes, reverse=True)
        self._underway: list[tuple[float, int, bytes]] = []
        self._order = count()
        self.paused = False
        self._silent = True
        self._origin = self._new_origin(impairments.first_sequence, impairments.first_timestamp)

    def due(self, until: float) -> list[tuple[float, bytes]]:
        """Return what arrives up to a time and was not returned yet, each with its time, in order."""
        while (sent := self._began + self._frame * self._frame_seconds) <= until:
            self._send(sent)
            self._frame += 1
        arrived = []
        while self._underway and self._underway[0][0] <= until:
            at, _, data = heapq.heappop(self._underway)
            arrived.append((at, data))
        return arrived

    def _send(self, at: float) -> None:
        if self._changes and at - self._began >= self._changes[-1]:
            self._changes.pop()
            self._origin = self._new_origin(None, None)
            self._silent = True
        length = self._codec.frame
        samples = None if self.paused else self.voice.heard(self._frame * length, length, self._codec.sample_rate)
        if samples is None or (self._impaired.silence_suppression and np.abs(samples).max() <= _INAUDIBLE):
            self._silent = True
            return
        origin = self._origin
        timestamp = (origin.timestamp + (self._frame - origin.frame) * self._ticks) % TIMESTAMPS
        payload = self._encoder.encode(samples)
        packet = Packet(self._payload_type, self._silent, origin.sequence, timestamp, origin.ssrc, payload)
        origin.sequence = (origin.sequence + 1) % SEQUENCES
        self._silent = False
        self._convey(build(packet), at)

    def _convey(self, data: bytes, at: float) -> None:
        impaired, chance = self._impaired, self._random.random
        if chance() < impaired.loss:
            return
        at += impaired.jitter * chance()
        if chance() < impaired.reorder:
            at += FRAME_SECONDS * (0.5 + self._random.randint(1, _MOST_OVERTAKEN))
        heapq.heappush(self._underway, (at, next(self._order), data))
        if chance() < impaired.duplication:
            heapq.heappush(self._underway, (at + FRAME_SECONDS * chance(), next(self._order), data))

    def _new_origin(self, sequence: int | None, timestamp: int | None) -> _Origin:
        return _Origin(
            self._random.getrandbits(32),
            self._random.randrange(SEQUENCES) if sequence is None else sequence,
            self._random.getrandbits(32) if timestamp is None else timestamp,
            self._frame,
        )
