"""What a worker and the dispatcher that made it know of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from hub.clock import Clock
    from hub.core.call import Call
    from hub.plugin_host.hooks import Hook
    from hub.plugin_host.limits import Limits
    from hub.plugin_host.plugin import Plugin


class Host(Protocol):
    """What a worker needs from who made it."""

    clock: Clock
    loop: asyncio.AbstractEventLoop
    limits: Limits
    redact: Callable[[str], str]
    is_awaited: bool

    def arm(self) -> None:
        """Look after deadlines: a worker is at work."""
        ...

    def rested(self) -> None:
        """A worker has worked off all it had; to be told if that `is_awaited`."""
        ...

    def changed(self, plugin: Plugin, reason: str) -> None:
        """Tell everybody how a plugin stands now."""
        ...

    def calls(self, user: str) -> tuple[Call, ...]:
        """Return the user's calls now."""
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """A hook that is not about an event (`start`, `stop`); `done` gets what failed, or nothing."""

    user: str
    hook: Hook
    done: asyncio.Future[str]

    def finish(self, failed: str) -> None:
        """Tell whoever waits for it."""
        if not self.done.done():
            self.done.set_result(failed)
