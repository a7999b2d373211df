"""What the routes take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from hub import Presence
from hub_calendar.appointment import ShowAs

if TYPE_CHECKING:
    from datetime import tzinfo

    from hub_calendar.account import Account
    from hub_calendar.appointment import Appointment
    from hub_calendar.presences import Presences


class AppointmentModel(BaseModel):
    """An instance of an appointment, times in the user's zone; a private one has no title and no place."""

    id: str
    series: str
    start: datetime
    end: datetime
    all_day: bool
    title: str
    place: str
    show_as: ShowAs
    private: bool
    presence: Presence | None = Field(description="the presence that it brings about; null: none")
    chosen: bool = Field(description="whether that was chosen for it")

    @classmethod
    def of(cls, each: Appointment, presences: Presences, zone: tzinfo) -> AppointmentModel:
        """Say what an appointment is."""
        return cls(
            id=each.id,
            series=each.uid,
            start=each.start.astimezone(zone),
            end=each.end.astimezone(zone),
            all_day=each.all_day,
            title=each.title,
            place=each.place,
            show_as=each.show_as,
            private=each.private,
            presence=presences.of(each),
            chosen=each.presence is not None,
        )


class CalendarSourceModel(BaseModel):
    """Where appointments come from, and how that stands."""

    name: str
    kind: str
    state: str = Field(description="`off`, `refreshing`, `ready`, `failed`")
    appointments: int = Field(description="those of the next weeks, and of the last")
    refreshed: datetime | None
    error: str
    problems: list[str] = Field(description="what of it cannot be read")

    @classmethod
    def of(cls, account: Account) -> CalendarSourceModel:
        """Say how a source stands."""
        report = account.report
        return cls(
            name=account.name,
            kind=account.kind,
            state=report.state.value,
            appointments=len(report.expansion.appointments),
            refreshed=report.refreshed,
            error=report.error,
            problems=[str(problem) for problem in report.expansion.problems[:100]],
        )


class Chosen(BaseModel):
    """A presence for an appointment, or for all of its series; null: as its calendar says."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=2000, description="the appointment's id, or the UID of its series")
    presence: Presence | None
