"""What a user sees of colleagues: the busy lamps beside their names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.presence import Presence


class Lamp(StrEnum):
    """What a colleague's busy lamp shows; who is on a call is so whatever else rings."""

    IDLE = "idle"
    RINGING = "ringing"
    ON_CALL = "on_call"
    DND = "dnd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A colleague, by `user` name at the phone system; `since` is when the call there was answered (aware UTC)."""

    user: str
    name: str
    extension: str
    lamp: Lamp
    since: datetime | None = None
    presence: Presence | None = None
