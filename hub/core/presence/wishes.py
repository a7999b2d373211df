"""What sources want a user's presence to be, and what the user set by hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.presence import Presence


class PresenceCause(StrEnum):
    """Why a source wants a presence, the strongest first."""

    RULE = "rule"
    APPOINTMENT = "appointment"
    CHAT_CALL = "chat_call"
    LOCKED = "locked"
    IDLE = "idle"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A presence that a source wants from `since` to before `until` (None: until it lets go), aware times.

    `since` is when the cause began, also where it became known later. `teller` is who says so, for people (calendar),
    `reason` what it says; a private one keeps no reason. Of several wishes with the same cause the one with more
    `weight` wins, then the newer one.
    """

    source: str
    cause: PresenceCause
    presence: Presence
    since: datetime
    until: datetime | None = None
    teller: str = ""
    reason: str = ""
    private: bool = False
    weight: int = 0

    def __post_init__(self) -> None:
        if self.private:  # what is not kept cannot be shown to the wrong person
            object.__setattr__(self, "reason", "")

    def holds(self, now: datetime) -> bool:
        """Return whether the source wants it at this time."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Manual:
    """The presence that somebody set last by hand, here or at the phone, and when."""

    presence: Presence
    at: datetime

    def overrides(self, wish: Wish) -> bool:
        """Return whether it was set when the wish's cause was there already."""
        return wish.since <= self.at
