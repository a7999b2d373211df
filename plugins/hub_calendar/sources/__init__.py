"""Where appointments come from: each kind is a module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, tzinfo

    from hub_calendar.expand import Expansion


@dataclass(frozen=True, slots=True)
class Span:
    """What is wanted: the appointments from `start` to `stop` of a user in a zone, invited by these addresses."""

    start: datetime
    stop: datetime
    zone: tzinfo
    addresses: Collection[str] = ()


class CalendarSource(Protocol):
    """One calendar of one user, or several at one place; one method at a time is asked, beside `changed`.

    Both raise `SourceUnreachable` and `SourceRefused`.
    """

    async def appointments(self, span: Span) -> Expansion:
        """Return all instances of a span; the same object as before where nothing has changed."""
        ...

    async def changed(self) -> None:
        """Return when the source says that something changed; never where it does not say."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...
