"""What goes wrong with phone systems and networks, on purpose: for tests of those who have to live with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.sim.client import Client
    from hub.sim.server import SimServer


class Faults:
    """Faults for the connections of a running server; each for one user, or for all where `user` is empty."""

    def __init__(self, server: SimServer) -> None:
        self._server = server

    def drop(self, user: str = "") -> int:
        """Cut connections without a word; return how many."""
        return self._server.drop_connections(user)

    def stall(self, user: str = "") -> None:
        """Keep connections open and say no more on them: no events, no answers, no pongs."""
        for client in self._of(user):
            client.flowing.clear()

    def go_on(self, user: str = "") -> None:
        """End a stall; what was held back is sent."""
        for client in self._of(user):
            client.flowing.set()

    def garbage(self, data: str | bytes, user: str = "") -> None:
        """Send something that is no message of the protocol, or one at the wrong time."""
        for client in self._of(user):
            client.send_raw(data)

    def _of(self, user: str) -> Iterator[Client]:
        return (client for client in tuple(self._server.clients) if user in {"", client.user})
