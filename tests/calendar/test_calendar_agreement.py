"""What is expanded agrees with recurring-ical-events, instance by instance, also at the edges of the span."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from ics import calendar, event, expanded

START = datetime(2026, 1, 1, tzinfo=UTC)
STOP = START + timedelta(days=10)
ENDS = (":", ";VALUE=DATE:", ";TZID=Pacific/Kiritimati:", ";TZID=Pacific/Pago_Pago:")


@st.composite
def events(draw: st.DrawFn) -> str:
    begin = START + timedelta(hours=draw(st.integers(-150, 400)))
    end = begin + timedelta(hours=draw(st.integers(-80, 260)))
    zone = draw(st.sampled_from(ENDS))
    form, z = ("%Y%m%d", "") if "DATE" in zone else ("%Y%m%dT%H%M%S", "Z" if zone == ":" else "")
    lines = draw(st.sampled_from([[], ["RRULE:FREQ=DAILY;COUNT=3"], ["SEQUENCE:2"], ["RDATE:20260105T090000Z"]]))
    how = draw(st.sampled_from(["end", "duration", "none"]))
    if how == "duration":
        lines = [*lines, f"DURATION:P{draw(st.integers(0, 9))}D"]
    finish = f"{zone}{end.strftime(form)}{z}" if how == "end" else ""
    uid = draw(st.sampled_from("abcdefgh"))
    return event(*lines, uid=uid, start=f"{zone}{begin.strftime(form)}{z}", end=finish)


@settings(max_examples=300, deadline=None)
@given(st.lists(events(), max_size=6))
def test_each_instance_is_that_of_the_library(several: list[str]) -> None:
    data = calendar(*several)
    found = expanded(data, START, STOP, UTC)
    wide = timedelta(days=3)
    theirs = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(START - wide, STOP + wide)
    expected = []
    for each in theirs:
        begin, end = (
            datetime(at.year, at.month, at.day, tzinfo=UTC) if not isinstance(at, datetime) else at.astimezone(UTC)
            for at in (each["DTSTART"].dt, each["DTEND"].dt)
        )
        if begin < STOP and (end > START or begin >= START):
            expected.append((str(each["UID"]), begin, end))
    assert found.problems == ()
    assert sorted((each.uid, each.start, each.end) for each in found.appointments) == sorted(expected)
