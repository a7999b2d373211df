"""What waits to be written: the last word on each call and mark, and the actions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.core.call import Call
    from hub.rules.record import ActionRecord


@dataclass(slots=True)
class Pending:
    """Records that wait; `most` bounds the calls, and the actions, that are kept while nothing can be written.

    Of a call only its latest state waits. `dropped` counts what had to go, the oldest first.
    """

    most: int
    calls: dict[tuple[str, str], Call] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    actions: deque[ActionRecord] = field(default_factory=deque)
    dropped: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self.calls or self.marks or self.actions)

    def add_call(self, call: Call, mark: str) -> None:
        """Note a call's latest state, and the mark that was reached with it (empty: none)."""
        key = (call.user, call.id)
        self.calls.pop(key, None)
        self.calls[key] = call
        if mark:
            self.marks[call.user] = mark
        while len(self.calls) > self.most:
            del self.calls[self._least_missed()]
            self.dropped += 1

    def add_action(self, record: ActionRecord) -> None:
        """Note an action."""
        self.actions.append(record)
        while len(self.actions) > self.most:
            self.actions.popleft()
            self.dropped += 1

    def take(self) -> Pending:
        """Return all that waits, and begin anew."""
        taken = Pending(self.most, self.calls, self.marks, self.actions)
        self.calls, self.marks, self.actions = {}, {}, deque()
        return taken

    def put_back(self, taken: Pending) -> None:
        """Let what could not be written wait again, before and under what has come meanwhile."""
        self.calls = {key: call for key, call in taken.calls.items() if key not in self.calls} | self.calls
        self.marks = taken.marks | self.marks
        self.actions = taken.actions + self.actions
        while len(self.calls) > self.most:
            del self.calls[self._least_missed()]
            self.dropped += 1
        while len(self.actions) > self.most:
            self.actions.popleft()
            self.dropped += 1

    def singly(self) -> Iterator[Pending]:
        """Yield each record by itself, to find the one that no database takes; marks come last."""
        for key, call in self.calls.items():
            yield Pending(self.most, calls={key: call})
        for record in self.actions:
            yield Pending(self.most, actions=deque([record]))
        for user, mark in self.marks.items():
            yield Pending(self.most, marks={user: mark})

    def _least_missed(self) -> tuple[str, str]:
        """The oldest call that is over: a living one will be told again; else the oldest."""
        return next((key for key, call in self.calls.items() if call.ended), None) or next(iter(self.calls))
