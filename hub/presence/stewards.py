"""The presence of all users."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from hub.core.presence import Presence
from hub.events import ChangeLogged
from hub.presence.standing import Standing
from hub.presence.steward import Steward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from hub.clock import Clock
    from hub.config import Config
    from hub.events import Event
    from hub.phone.phone import Phone
    from hub.store.store import LoggedChange, Store


class Stewards(Mapping[str, Steward]):
    """One for each user who has a phone, by the user's name."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        zone: tzinfo,
        *,
        emit: Callable[[Event], None],
        next_seq: Callable[[str], int],
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._zone = zone
        self._emit = emit
        self._next_seq = next_seq
        self._stewards: dict[str, Steward] = {}

    def __getitem__(self, user: str) -> Steward:
        return self._stewards[user]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stewards)

    def __len__(self) -> int:
        return len(self._stewards)

    async def add(self, phone: Phone) -> None:
        """Look after a user's presence, as far as what is remembered goes."""
        user = phone.user
        self._stewards[user] = Steward(
            user,
            phone,
            Standing(await self._store.kept_presence(user), tuple(map(Presence, self._config.presence(user).ignore))),
            self._store,
            self._clock,
            self._zone,
            told=partial(self._tell, user),
        )

    def start(self) -> None:
        """Begin."""
        for steward in self._stewards.values():
            steward.start()

    async def stop(self) -> None:
        """Give back what was set for what ends with the hub, and end."""
        await asyncio.gather(*(steward.stop() for steward in self._stewards.values()))

    def consume(self, event: Event) -> None:
        """Take note of what an event says; never waits."""
        steward = self._stewards.get(event.user)
        if steward is not None:
            steward.consume(event)

    def _tell(self, user: str, change: LoggedChange) -> None:
        self._emit(
            ChangeLogged(
                seq=self._next_seq(user),
                at=change.at,
                user=user,
                kind=change.kind,
                before=change.before,
                now=change.now,
                source=change.source,
                reason=change.reason,
            )
        )
