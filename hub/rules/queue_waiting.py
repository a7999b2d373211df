"""Rules by how many callers wait in a queue, or how long: thresholds, and the event of one that was crossed. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.events import Event
from hub.rules.builtin.values import TextPattern
from hub.rules.many import Many
from hub.rules.parts import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.core.queue_boards import Queues, QueueStatus
    from hub.rules.parts import Facts


class Threshold(BaseModel):
    """How many callers wait in a queue, or for how many seconds the one who has waited longest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: Many[TextPattern] = Field(default=(), description="which queues; all of the user's if none is given")
    waiting: int | None = Field(default=None, ge=1, le=1_000_000, description="callers, or more")
    longest: int | None = Field(default=None, ge=1, le=24 * 3600, description="seconds, or more")

    @model_validator(mode="after")
    def _one_of_both(self) -> Threshold:
        if (self.waiting is None) == (self.longest is None):
            raise ValueError("expected either `waiting` (callers) or `longest` (seconds)")
        return self

    def is_for(self, queue: QueueStatus) -> bool:
        """Return whether it is about this queue."""
        return not self.queue or any(pattern.matches(queue.name) for pattern in self.queue)

    def crossed(self, queue: QueueStatus, at: datetime) -> datetime | None:
        """Return when the queue as it stands at a time came to be over it; None if it is not."""
        if self.waiting is not None:
            return at if queue.waiting >= self.waiting else None
        due = self.due(queue)
        return due if due is not None and due <= at else None

    def due(self, queue: QueueStatus) -> datetime | None:
        """Return when the caller who has waited longest will have waited too long."""
        if self.longest is None or queue.waiting_since is None:
            return None
        return queue.waiting_since + timedelta(seconds=self.longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWaiting(Event):
    """A queue came to be over some thresholds; told to rules alone. `longest` is in seconds."""

    type: ClassVar[str] = "queue_waiting"

    queue: str
    waiting: int
    longest: int
    due: frozenset[Threshold]

    @property
    def key(self) -> str:
        """`<user>:queue_waiting:<time>:<queue>`."""
        return f"{self.user}:{self.type}:{self.at.isoformat()}:{self.queue}"


QUEUE_WAITING = Trigger(
    name="queue_waiting",
    event=QueueWaiting,
    doc="callers wait in a queue of the user: `{queue: Support, waiting: 3}` of them or more, or `{longest: 60}` "
    "seconds or longer; once each time that it comes to that",
    value=Threshold,
    matches=lambda threshold, event: isinstance(event, QueueWaiting) and threshold in event.due,
    required=True,
)


def queue_of(facts: Facts) -> str:
    """Return the queue that an event is about; empty if it is about none."""
    if isinstance(facts.event, QueueWaiting):
        return facts.event.queue
    return facts.call.queue if facts.call else ""


class Lookout:
    """Notices when queues come over thresholds: once each time. What is over at the first look is no news."""

    def __init__(self) -> None:
        self._boards: dict[str, Queues] = {}
        self._over: dict[tuple[str, Threshold], frozenset[str]] = {}

    def see(self, user: str, board: Queues | None) -> None:
        """Take in how a user's queues stand; None: that is not known."""
        if board is None:
            self._boards.pop(user, None)
        else:
            self._boards[user] = board

    def next_due(self, thresholds: Iterable[Threshold], after: datetime) -> datetime | None:
        """Return when somebody will have waited too long, the first time after a moment."""
        dues = (
            threshold.due(queue)
            for board in self._boards.values()
            for queue in board.queues
            for threshold in thresholds
            if threshold.is_for(queue)
        )
        return min((due for due in dues if due is not None and due > after), default=None)

    def look(self, thresholds: frozenset[Threshold], at: datetime) -> list[QueueWaiting]:
        """Return what has come over these thresholds since the last look, in the order of time."""
        found: defaultdict[tuple[datetime, str, str], set[Threshold]] = defaultdict(set)
        self._over = {key: over for key, over in self._over.items() if key[1] in thresholds}
        for user, board in self._boards.items():
            for threshold in thresholds:
                over = {
                    queue.name: when
                    for queue in board.queues
                    if threshold.is_for(queue) and (when := threshold.crossed(queue, at)) is not None
                }
                before = self._over.get((user, threshold))
                self._over[user, threshold] = frozenset(over)
                for name, when in over.items():
                    if before is not None and name not in before:
                        found[when, user, name].add(threshold)
        return [self._event(*key, frozenset(due), at) for key, due in sorted(found.items(), key=lambda each: each[0])]

    def _event(self, when: datetime, user: str, name: str, due: frozenset[Threshold], at: datetime) -> QueueWaiting:
        queue = next(queue for queue in self._boards[user].queues if queue.name == name)
        waited = at - (queue.waiting_since or at)
        return QueueWaiting(
            seq=0,
            at=when,
            user=user,
            queue=name,
            waiting=queue.waiting,
            longest=max(0, int(waited.total_seconds())),
            due=due,
        )
