"""Events as they happen, to many clients: each is put into words once, and a slow client holds up nobody."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING

from hub.events import Lagged, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.core.call import Call
    from hub.events import Event
    from hub.web.host import Host


class Client:
    """What waits for one client, `most` events. When it overflows all are dropped, and it is told the calls instead."""

    def __init__(self, user: str, calls: Callable[[], tuple[Call, ...]], most: int) -> None:
        self.user = user
        self._calls = calls
        self._most = most
        self._waiting: list[str] = []
        self._lag: Lagged | None = None
        self._woken = asyncio.Event()

    def put(self, event: Event, text: str) -> None:
        """Add an event and its words; never waits."""
        if len(self._waiting) >= self._most:
            dropped = len(self._waiting) + (self._lag.dropped if self._lag else 0)
            self._lag = Lagged(seq=event.seq, at=event.at, user=self.user, dropped=dropped, calls=self._calls())
            self._waiting.clear()
        self._waiting.append(text)
        self._woken.set()

    async def take(self) -> list[str]:
        """Wait until there is something to send; return all of it, in order."""
        await self._woken.wait()
        self._woken.clear()
        taken, self._waiting = self._waiting, []
        if self._lag is not None:
            taken.insert(0, words(self._lag))
            self._lag = None
        return taken


class Stream:
    """Hands the hub's events to the clients of the user that they are about; those about the hub itself to all."""

    def __init__(self, host: Host, most_waiting: int = 1000) -> None:
        self._host = host
        self._most_waiting = most_waiting
        self._clients: defaultdict[str, set[Client]] = defaultdict(set)
        self._unsubscribe: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Begin to listen."""
        self._unsubscribe = self._host.subscribe(self.tell)

    def close(self) -> None:
        """Listen no longer."""
        self._unsubscribe()

    def join(self, user: str) -> Client:
        """Add a client of a user."""
        phone = self._host.phones[user]
        client = Client(user, lambda: phone.calls, self._most_waiting)
        self._clients[user].add(client)
        return client

    def leave(self, client: Client) -> None:
        """Take a client away."""
        clients = self._clients[client.user]
        clients.discard(client)
        if not clients:
            del self._clients[client.user]

    def tell(self, event: Event) -> None:
        """Put an event before everyone whom it concerns."""
        concerned = [self._clients[event.user]] if event.user in self._clients else []
        if not event.user:
            concerned = list(self._clients.values())
        if not concerned:
            return
        text = words(event)
        for clients in concerned:
            for client in clients:
                client.put(event, text)


def words(event: Event) -> str:
    """Return the JSON text of an event, all in ASCII so that no terminal or page is surprised."""
    return json.dumps(to_json(event), separators=(",", ":"))
