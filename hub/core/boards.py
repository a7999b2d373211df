"""What a phone shows beside its calls. A board is told whole each time that anything on it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One thing that a phone shows; `name` is also the type of the event that tells it."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages(Board):
    """The message-waiting lamp: how many voicemail messages are new, and how many were heard already."""

    name: ClassVar[str] = "messages"

    new: int
    old: int = 0
