"""Rules by the clock: what a schedule is, and the event of one that is due. Pure; `ticking` waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.events import Event
from hub.rules.builtin.values import Days, TimeOfDay
from hub.rules.many import Many
from hub.rules.parts import Trigger

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_AHEAD = 8


class Schedule(BaseModel):
    """When a rule is due: at times of day, or every so many minutes, on all or some days of the week."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Many[TimeOfDay] = Field(default=(), description="times of day, hub's time zone")
    every: int | None = Field(default=None, ge=1, le=24 * 60, description="minutes, counted by the clock")
    weekdays: Many[Days] = Field(default=(), description="days of the week; all if none is given")

    @model_validator(mode="after")
    def _one_of_both(self) -> Schedule:
        if bool(self.at) == (self.every is not None):
            raise ValueError("expected either `at` (a time of day) or `every` (minutes)")
        return self

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return the first time it is due after a moment, aware UTC.

        A time that a clock change leaves out is due as much later as the clock jumps; one that comes twice is due once.
        """
        if self.every is not None:
            step = timedelta(minutes=self.every)
            due = _EPOCH + ((moment - _EPOCH) // step + 1) * step
            while not self._has(due.astimezone(zone).date()):
                due += step
            return due
        today = moment.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, _DAYS_AHEAD))
        dues = (
            datetime.combine(day, at.time, zone).astimezone(UTC) for day in days if self._has(day) for at in self.at
        )
        return min(due for due in dues if due > moment)

    def latest(self, after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
        """Return the last time it was due after one moment and not after another, if it was."""
        found, due = None, self.next_after(after, zone)
        while due <= until:
            found, due = due, self.next_after(due, zone)
        return found

    def _has(self, day: date) -> bool:
        return not self.weekdays or any(day.weekday() in days.days for days in self.weekdays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled(Event):
    """Some schedules are due; told to rules alone."""

    type: ClassVar[str] = "schedule"

    due: frozenset[Schedule]


SCHEDULE = Trigger(
    name="schedule",
    event=Scheduled,
    doc='by the clock: `{at: "08:30", weekdays: mon-fri}`, or `{every: 15}` minutes',
    value=Schedule,
    matches=lambda schedule, event: isinstance(event, Scheduled) and schedule in event.due,
    required=True,
)
