"""One client of the server: what waits to be sent to it, and what it gets to see."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from hub.sim.versions import told
from hub.sim.wire import encode

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from hub.sim.wire_types import Wire

log = logging.getLogger(__name__)

_POLICY_VIOLATION = 1008


class Client:
    """A signed-in connection that watches some handsets of a user.

    `address` is where it is, `protocol` the version that it speaks, `backlog` how many messages may wait for it; a
    client that falls further behind loses the connection. `flowing` is set unless the connection is held up on purpose.
    """

    def __init__(
        self, socket: ServerConnection, user: str, handsets: frozenset[str], backlog: int, protocol: int
    ) -> None:
        self.user = user
        self.protocol = protocol
        self.address: str = socket.remote_address[0]
        self.handsets = handsets
        self.is_dropped = False
        self.is_leaving = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._socket = socket
        self._waiting: asyncio.Queue[str | bytes | None] = asyncio.Queue(backlog)

    def send(self, message: Wire) -> None:
        """Send a message when its turn comes, if the client's version of the protocol has words for it."""
        if (said := told(message, self.protocol)) is not None:
            self.send_raw(encode(said))

    def send_raw(self, data: str | bytes) -> None:
        """Send anything when its turn comes: a text as it is, bytes as a text frame whatever they hold."""
        if self.is_dropped or self.is_leaving:
            return
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            log.warning("a client of %r reads too slowly and is disconnected", self.user)
            self.drop()

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.is_dropped = True
        self.flowing.set()
        self._socket.transport.abort()

    def dismiss(self) -> None:
        """Close the connection once what waits is sent; the client is told no more."""
        self.is_leaving = True
        try:
            self._waiting.put_nowait(None)
        except asyncio.QueueFull:
            self.drop()

    async def receive(self) -> bytes:
        """Return the next message; raises `ConnectionClosed`."""
        data = await self._socket.recv(decode=False)
        await self.flowing.wait()
        return data

    async def write(self) -> None:
        """Send what waits until the connection closes; raises `ConnectionClosed`."""
        while True:
            data = await self._waiting.get()
            await self.flowing.wait()
            if data is None:
                await self._socket.close(_POLICY_VIOLATION)
                return
            await self._socket.send(data, text=True)
