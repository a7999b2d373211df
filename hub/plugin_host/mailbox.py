from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hub.plugin_host.host import Errand

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from hub.events import Event


class Mailbox:
    """What waits for one plugin: at most `limit` events, and errands, for which there is always room.

    When it is full, what comes next is lost, and all that follows until what waits is worked off and `lost` was taken:
    so what is lost has one place among the events, at which the plugin can be told.
    """

    def __init__(self, limit: int) -> None:
        self.waiting: deque[Any] = deque()
        self.room = limit
        self._limit = limit
        self._lost: dict[str, tuple[int, int]] = {}

    def put(self, events: Sequence[Event]) -> int:
        """Put events behind what waits; return how many there was no room for."""
        waiting = self.waiting
        if len(waiting) + len(events) <= self.room:
            waiting.extend(events)
            return 0
        fitting = max(0, self.room - len(waiting))
        waiting.extend(events[:fitting])
        return self.lose(events[fitting:])

    def take(self, most: int) -> list[Any]:
        """Take what has waited longest."""
        waiting = self.waiting
        if len(waiting) > most:
            return [waiting.popleft() for _ in range(most)]
        everything = list(waiting)
        waiting.clear()
        return everything

    def take_alike(self, most: int, kinds: Container[type]) -> list[Any]:
        """Take the one that has waited longest, and if it is of one of the kinds, all that follow and are so too."""
        waiting = self.waiting
        some = [waiting.popleft()]
        if type(some[0]) in kinds:
            while waiting and len(some) < most and type(waiting[0]) in kinds:
                some.append(waiting.popleft())
        return some

    def put_back(self, rest: Iterable[Any]) -> None:
        """Let wait again what was taken and not told, before all else."""
        self.waiting.extendleft(reversed(list(rest)))

    def leave_out(self, user: str) -> None:
        """Let nothing wait that is about a user."""
        self._lost.pop(user, None)
        kept = [each for each in self.waiting if each.user != user]
        self.waiting.clear()
        self.waiting.extend(kept)

    def lose(self, events: Sequence[Event]) -> int:
        """Take no more events, and keep in mind what is lost; return how many."""
        self.room = 0
        for event in events:
            count, _ = self._lost.get(event.user, (0, 0))
            self._lost[event.user] = (count + 1, event.seq)
        return len(events)

    def lose_waiting(self) -> int:
        """Lose all events that wait, but no errand."""
        waiting = list(self.waiting)
        self.waiting.clear()
        self.waiting.extend(each for each in waiting if isinstance(each, Errand))
        return self.lose([each for each in waiting if not isinstance(each, Errand)])

    def take_lost(self) -> dict[str, tuple[int, int]]:
        """Return how many events each user's context has lost, and the `seq` of the last; take events again."""
        self.room = self._limit
        lost, self._lost = self._lost, {}
        return lost
