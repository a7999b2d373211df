"""What hears RTP at a real UDP port."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

import numpy as np

from hub.media.rtp import Packet, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.media.codec import Samples

HOST = "127.0.0.1"


class Ear(asyncio.DatagramProtocol):
    """Keeps the packets that come to its `address`, with their time; an asynchronous context manager."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, Packet]] = []
        self.senders: set[tuple[str, int]] = set()
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self.address: tuple[str, int] = self._transport.get_extra_info("sockname")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.senders.add(address)
        self.heard.append((time.monotonic(), parse(data)))
        self._more.set()

    async def packets(self, count: int) -> list[Packet]:
        """Return so many packets that come from now on."""
        begin = len(self.heard)
        async with asyncio.timeout(10):
            while len(self.heard) < begin + count:
                self._more.clear()
                await self._more.wait()
        return [packet for _, packet in self.heard[begin : begin + count]]

    async def sender(self) -> tuple[str, int]:
        """Return who sends, which is one only."""
        await self.packets(1)
        (sender,) = self.senders
        return sender


def loudest(samples: Samples, rate: int, among: Iterable[float]) -> float:
    """Return which of these tones (hertz) is the loudest, 0 if it is silent (by Goertzel's filter)."""
    if np.abs(samples.astype(np.int32)).max(initial=0) < 500:
        return 0
    turns = np.arange(len(samples)) / rate
    return max(among, key=lambda hertz: abs(np.sum(samples * np.exp(-2j * np.pi * hertz * turns))))
