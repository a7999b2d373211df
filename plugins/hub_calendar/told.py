"""What the plugin tells; a private appointment's title stays with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hub import Event

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEvent(Event):
    """Something about an appointment; `show_as` is free, tentative, working_elsewhere, busy or out_of_office."""

    type: ClassVar[str] = ""

    id: str
    title: str
    show_as: str
    start: datetime
    end: datetime
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentStarted(AppointmentEvent):
    """An appointment began."""

    type: ClassVar[str] = "calendar.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEnded(AppointmentEvent):
    """An appointment ended, or was taken away while it was on."""

    type: ClassVar[str] = "calendar.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged(Event):
    """A source of appointments was read anew, or has failed; `appointments` are those of the next weeks."""

    type: ClassVar[str] = "calendar.changed"

    source: str
    state: str
    appointments: int = 0
    error: str = ""
