"""Expand calendars to the instances of a span; `recurring_ical_events` says which there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import recurring_ical_events
from dateutil.rrule import rrulestr
from icalendar import Calendar

from hub_calendar.appointment import Appointment, Problem
from hub_calendar.fields import Fields, is_private
from hub_calendar.read import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import tzinfo

    from icalendar import Component

    from hub_calendar.read import VEvent

_STEPS = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600, "DAILY": 86400, "WEEKLY": 604800}
_SECONDS_OF_A_MONTH = 28 * 86400
MOST_INSTANCES = 50_000
MOST_STEPS = 1_000_000
_EDGE = timedelta(days=1)
_SEVERAL = frozenset({"RRULE", "RDATE", "RECURRENCE-ID"})
_LEAP_YEAR = 9999 - 27


@dataclass(frozen=True, slots=True)
class Expansion:
    """The instances of a span that take place, and what could not be expanded."""

    appointments: tuple[Appointment, ...]
    problems: tuple[Problem, ...] = ()


NOTHING = Expansion(())


def expand(
    calendars: Iterable[Component], start: datetime, stop: datetime, zone: tzinfo, addresses: Collection[str] = ()
) -> Expansion:
    """Return all instances that are on at some time from `start` to `stop`; they need not lie within.

    `zone` is the user's, in which floating times and whole days are; `addresses` are those by which the user is
    invited: what they declined is not an appointment of theirs.
    """
    found: list[Appointment] = []
    problems: list[Problem] = []
    fields = Fields(zone, frozenset(each.casefold() for each in addresses), problems)
    for calendar in calendars:
        whole = calendar if calendar.name == "VCALENDAR" else _around(calendar)
        _prepare(whole, start, stop, problems)
        _leave_far_out(whole, start, stop)
        for instance in _instances(whole, start, stop, problems):
            try:
                appointment = fields.appointment(instance)
            except DAMAGE as error:
                problems.append(Problem(name(instance), f"left out: {error}"))
                continue
            if appointment and appointment.start < stop and (appointment.end > start or appointment.start >= start):
                found.append(appointment)
    return Expansion(tuple(found), tuple(dict.fromkeys(problems)))


def name(event: VEvent) -> str:
    """Return what a person knows an event by."""
    title = "a private event" if is_private(event) else repr(str(event.get("SUMMARY", ""))[:60])
    readable = "DTSTART" not in dict(event.errors)
    begin = getattr(event.get("DTSTART"), "dt", None) if readable else None
    return f"{title} of {begin:%Y-%m-%d}" if isinstance(begin, date) else title


def _around(event: VEvent) -> Component:
    whole = Calendar()
    whole.add_component(event)
    return whole


def _instances(calendar: Component, start: datetime, stop: datetime, problems: list[Problem]) -> Iterable[VEvent]:
    """Expand all events together, or, where one of them defeats that, series by series."""
    span = start.astimezone(UTC) - _EDGE, stop.astimezone(UTC) + _EDGE  # floating times and days are in any zone
    try:
        return list(recurring_ical_events.of(calendar).between(*span))
    except DAMAGE:
        return list(_one_by_one(calendar, span, problems))


def _one_by_one(calendar: Component, span: tuple[datetime, datetime], problems: list[Problem]) -> Iterator[VEvent]:
    series: dict[str, list[VEvent]] = {}
    for number, event in enumerate(calendar.walk("VEVENT")):
        series.setdefault(str(event.get("UID", number)), []).append(event)
    for events in series.values():
        alone = Calendar()
        for key in ("X-WR-TIMEZONE", "CALSCALE"):
            if key in calendar:
                alone[key] = calendar[key]
        alone.subcomponents = events
        try:
            yield from recurring_ical_events.of(alone).between(*span)
        except DAMAGE as error:
            problems.append(Problem(name(events[0]), f"left out: {error}"))


def _prepare(calendar: Component, start: datetime, stop: datetime, problems: list[Problem]) -> None:
    """Take out what cannot be expanded."""
    for parent in calendar.walk():
        kept = []
        for event in parent.subcomponents:
            if event.name == "VEVENT" and (why := _unusable(event, start, stop)):
                problems.append(Problem(name(event), f"left out: {why}"))
                continue
            kept.append(event)
            problems.extend(Problem(name(event), why) for why in _mended(event))
        parent.subcomponents = kept


def _leave_far_out(calendar: Component, start: datetime, stop: datetime) -> None:
    """Take out the events that stand alone, far from the span: most of a calendar, and nothing to expand."""
    uids = Counter(str(event.get("UID", "")) for event in calendar.walk("VEVENT"))
    first, last = start.date() - 2 * _EDGE, stop.date() + 2 * _EDGE
    calendar.subcomponents = [
        each
        for each in calendar.subcomponents
        if each.name != "VEVENT"
        or uids[str(each.get("UID", ""))] > 1
        or not _SEVERAL.isdisjoint(each.keys())
        or _overlaps(each, first, last)
    ]


def _overlaps(event: VEvent, first: date, last: date) -> bool:
    """Return whether a single event may be on in these days; its end may stand before its start, as some write it."""
    begin, end = event["DTSTART"].dt, event.get("DTEND", event["DTSTART"]).dt
    days = [date(each.year, each.month, each.day) for each in (begin, end)]
    if "DURATION" in event:
        days.append(days[0] + event["DURATION"].dt)
    return min(days) <= last and max(days) >= first


def _unusable(event: VEvent, start: datetime, stop: datetime) -> str:
    try:
        return _why_unusable(event, start, stop)
    except DAMAGE as error:  # a DTSTART that is no time but a period, say
        return str(error)


def _why_unusable(event: VEvent, start: datetime, stop: datetime) -> str:
    broken = {key: text for key, text in event.errors if key in {"DTSTART", "DTEND", "DURATION", "RRULE"}}
    if broken:
        key, text = next(iter(broken.items()))
        return f"its {key} cannot be read ({text})"
    if "DTSTART" not in event:
        return "it has no DTSTART"
    for key in ("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
        if isinstance(event.get(key), list):  # must not be there twice (RFC 5545 3.6.1)
            event[key] = event[key][0]
    begin = event["DTSTART"].dt
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if "FREQ" in rule and _too_often(rule, begin, start - _length(event), stop):
            return f"its rule {_written(rule)[:80]} repeats too often to be counted"
        if "FREQ" in rule and _never(rule, begin):
            return f"its rule {_written(rule)[:80]} names no day that there is"
    return ""


def _mended(event: VEvent) -> Iterator[str]:
    """Take out what would spoil a readable event, and tell it."""
    for key in {key for key, _ in event.errors} & {"EXDATE", "RDATE"}:
        event.pop(key, None)
        yield f"its {key} cannot be read: there may be too many of it, or too few"
    begin = event.get("DTSTART")
    if begin is not None and "TZID" in begin.params and isinstance(begin.dt, datetime) and not begin.dt.tzinfo:
        yield f"its time zone {str(begin.params['TZID'])[:60]!r} is not known: taken as yours"


def _length(event: VEvent) -> timedelta:
    """Return for how many days an instance is on, about: that many may be on at once."""
    begin, end = event["DTSTART"].dt, getattr(event.get("DTEND"), "dt", None)
    if isinstance(end, date):
        days = date(end.year, end.month, end.day) - date(begin.year, begin.month, begin.day)
        return max(days, timedelta(0))
    return timedelta(days=max(getattr(getattr(event.get("DURATION"), "dt", None), "days", 0), 0))


def _never(rule: Any, begin: date) -> bool:
    """Return whether no day is in a rule: whoever looks for the first one does so to the end of time, for seconds.

    The calendar's last 28 years tell: weekdays and leap years come round in as many.
    """
    if not any(key.startswith("BY") for key in rule):
        return False
    anywhere = type(rule)({key: value for key, value in rule.items() if key not in {"INTERVAL", "COUNT", "UNTIL"}})
    found = rrulestr(_written(anywhere), dtstart=datetime(_LEAP_YEAR, begin.month, begin.day))  # noqa: DTZ001  of no zone
    return next(iter(found), None) is None


def _written(rule: Any) -> str:
    text: str = rule.to_ical().decode(errors="replace")
    return text


def _too_often(rule: dict[str, Sequence[Any]], begin: date, start: datetime, stop: datetime) -> bool:
    """Estimate how many instances of a rule reach into the span, and how many must be counted to come there."""
    unit = _STEPS.get(str(rule["FREQ"][0]).upper(), _SECONDS_OF_A_MONTH)
    a_day = 86400 / (unit * max(int(rule.get("INTERVAL", [1])[0]), 1))
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        a_day *= max(len(rule.get(key, ())), 1)
    count = int(rule["COUNT"][0]) if "COUNT" in rule else inf
    to_there = (stop.date() - date(begin.year, begin.month, begin.day)).days * a_day
    return min((stop - start).days * a_day, count) > MOST_INSTANCES or min(to_there, count) > MOST_STEPS
