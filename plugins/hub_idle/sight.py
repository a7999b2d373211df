"""What can be seen of the computer that the user sits at, and by what; each system has a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio


class State(StrEnum):
    """How the user's session stands."""

    ACTIVE = "active"
    IDLE = "idle"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether the screen is locked, and for how many seconds nobody has touched keyboard and mouse."""

    locked: bool
    untouched: float

    def state(self, idle_after: float) -> State:
        """Return how the session stands, if it counts as idle after so many seconds."""
        if self.locked:
            return State.LOCKED
        return State.IDLE if self.untouched >= idle_after else State.ACTIVE


class CannotSee(Exception):  # noqa: N818  it is what the person is told
    """The session cannot be looked at; the message says why and, where there is one, the remedy."""


class Screen(Protocol):
    """Looks at the session that this process runs in; everything raises `CannotSee`."""

    stirred: asyncio.Event
    """Is set when something has changed that should be looked at now; systems that tell nothing leave it alone."""

    async def open(self) -> None:
        """Begin."""
        ...

    async def look(self) -> Sight:
        """Look."""
        ...

    async def close(self) -> None:
        """End; may be called in any case."""
        ...
