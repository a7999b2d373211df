"""What an appointment is once its source has been read: one instance, with its own start and end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hub import Presence


class ShowAs(StrEnum):
    """How an appointment shows its owner (MS-OXCICAL 2.1.3.1.1.20.31, Graph `freeBusyStatus`), the weakest first."""

    FREE = "free"
    TENTATIVE = "tentative"
    WORKING_ELSEWHERE = "working_elsewhere"
    BUSY = "busy"
    OUT_OF_OFFICE = "out_of_office"

    @property
    def weight(self) -> int:
        """Its place among several that overlap: the greatest wins."""
        return list(ShowAs).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One instance of an appointment, from `start` to before `end` (both UTC).

    `id` stays when the text of the appointment changes; `uid` is that of its series (RFC 5545 3.8.4.7). A private one
    keeps no title and no place. `presence` is the one chosen for this appointment (CAL-03).
    """

    id: str
    uid: str
    start: datetime
    end: datetime
    all_day: bool = False
    title: str = ""
    place: str = ""
    show_as: ShowAs = ShowAs.BUSY
    private: bool = False
    presence: Presence | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read: where (`line 12`, `'Budget' of 2026-03-01`), and why, for a person."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
