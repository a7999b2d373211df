from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Conversation
    from hub.sim.exchange.office import Queue
    from hub.sim.exchange.timers import Timer


@dataclass(slots=True, eq=False, kw_only=True)
class Place:
    """A caller's place in a queue: waiting `since`, `tried` says how often each agent has let the call ring in vain.

    `timer` ends the present ringing.
    """

    queue: Queue
    talk: Conversation
    since: datetime
    priority: int
    tried: Counter[str] = field(default_factory=Counter)
    timer: Timer | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the caller still waits here."""
        return self.talk.place is self and self.talk.waiting is not None

    def ring_on(self) -> None:
        """End the present ringing no more."""
        if self.timer is not None:
            self.timer.cancel()
