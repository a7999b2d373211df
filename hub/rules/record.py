from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """One line of the action history: what a rule did, for which event of which call, and how it went.

    `key` is the claim that it ran under (unique for ever), `rule` the rule's id and `name` what a person calls it,
    `action` its word, `event` the type of the event, and `status` that of `ActionDone`. `detail` is what was done,
    expanded and with secrets redacted; `output` the tail of what it said, bounded and redacted. `started` is aware UTC,
    `duration` in seconds. `exit_status` is None where no command ended.
    """

    key: str
    user: str
    rule: str
    name: str
    action: str
    event: str
    status: str
    started: datetime
    duration: float
    call: str = ""
    detail: str = ""
    output: str = ""
    exit_status: int | None = None


class Recorder(Protocol):
    """What keeps the action history."""

    async def record_action(self, record: ActionRecord) -> None:
        """Keep the record; it need not be durable when this returns."""
        ...
