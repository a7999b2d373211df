"""A calendar as a line of time: what is on at any moment, and when that changes, are look-ups."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub_calendar.appointment import Appointment


class Timeline:
    """Appointments by time; immutable.

    Of more than `most` that are on at once the strongest are kept: nobody is at so many, and a calendar that says so
    must not fill the memory.
    """

    def __init__(self, appointments: Iterable[Appointment], *, most: int = 20) -> None:
        self.appointments = tuple(sorted(appointments, key=attrgetter("start", "end", "id")))
        edges = [(each.start, True, each) for each in self.appointments if each.start < each.end]
        edges += [(each.end, False, each) for each in self.appointments if each.start < each.end]
        edges.sort(key=itemgetter(0))
        self._times: list[datetime] = []
        self._on: list[tuple[Appointment, ...]] = []
        on: list[tuple[int, datetime, str, Appointment]] = []
        for at, changes in groupby(edges, itemgetter(0)):
            for _, begins, each in changes:
                key = (-each.show_as.weight, each.start, each.id, each)
                if begins:
                    insort(on, key, key=itemgetter(0, 1, 2))
                else:
                    on.remove(key)
            self._times.append(at)
            self._on.append(tuple(each for *_, each in on[:most]))

    def at(self, now: datetime) -> tuple[Appointment, ...]:
        """Return what is on, the strongest show-as first, of equal ones the one that began first."""
        place = bisect_right(self._times, now)
        return self._on[place - 1] if place else ()

    def next_change(self, now: datetime) -> datetime | None:
        """Return the next time at which an appointment begins or ends."""
        place = bisect_right(self._times, now)
        return self._times[place] if place < len(self._times) else None

    def ahead(self, now: datetime, until: datetime) -> tuple[Appointment, ...]:
        """Return what is on, and then what begins before `until`."""
        first, last = bisect_right(self._times, now), bisect_left(self._times, until)
        return tuple(dict.fromkeys(chain.from_iterable(self._on[max(first - 1, 0) : last])))

    def between(self, start: datetime, stop: datetime) -> tuple[Appointment, ...]:
        """Return what is on at some time of a span, in the order in which they begin."""
        last = bisect_right(self.appointments, stop, key=attrgetter("start"))
        return tuple(
            each for each in self.appointments[:last] if each.start < stop and (each.end > start or each.start >= start)
        )
