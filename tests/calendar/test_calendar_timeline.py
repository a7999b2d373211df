"""What is on now and what comes next; right at every minute of a dense year in three zones."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ics import calendar, event, expanded

from hub_calendar.appointment import Appointment, ShowAs
from hub_calendar.timeline import Timeline

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def hours(start: float, end: float, show_as: ShowAs = ShowAs.BUSY, uid: str = "x") -> Appointment:
    begin, finish = (NOON + timedelta(hours=each) for each in (start, end))
    return Appointment(id=f"{uid} {begin}", uid=uid, start=begin, end=finish, show_as=show_as)


def test_an_appointment_is_on_from_its_start_to_before_its_end() -> None:
    line = Timeline([one := hours(0, 1)])
    second = timedelta(seconds=1)
    assert (line.at(NOON - second), line.at(NOON), line.at(NOON + timedelta(hours=1))) == ((), (one,), ())
    assert line.next_change(NOON - second) == one.start
    assert line.next_change(NOON) == one.end
    assert line.next_change(one.end) is None
    assert Timeline([]).at(NOON) == ()


def test_of_several_the_strongest_comes_first_and_a_neighbour_leaves_no_gap() -> None:
    tentative, first, second = hours(0, 3, ShowAs.TENTATIVE), hours(0, 1, uid="a"), hours(1, 2, uid="b")
    line = Timeline([second, tentative, first])
    assert line.at(NOON) == (first, tentative)
    assert line.at(first.end) == (second, tentative)
    assert line.next_change(NOON) == first.end


def test_no_more_are_kept_at_once_than_was_said() -> None:
    crowd = [hours(0, 1, uid=f"{each:05}") for each in range(5000)]
    away = hours(0, 1, ShowAs.OUT_OF_OFFICE, "away")
    assert Timeline([*crowd, away], most=3).at(NOON) == (away, *crowd[:2])


def test_a_span_has_what_is_on_in_it() -> None:
    early, late, empty = hours(-2, 0), hours(1, 2), hours(0.5, 0.5)
    line = Timeline([late, empty, early])
    assert line.between(NOON, NOON + timedelta(hours=1)) == (empty,)
    assert line.between(NOON - timedelta(minutes=1), NOON + timedelta(hours=1, minutes=1)) == (early, empty, late)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20), st.sampled_from(ShowAs))),
    st.integers(-1, 72),
)
def test_a_look_up_agrees_with_asking_each_appointment(made: list[tuple[int, int, ShowAs]], at: int) -> None:
    several = [hours(start, start + long, shown, f"{n:03}") for n, (start, long, shown) in enumerate(made)]
    now = NOON + timedelta(hours=at)
    line = Timeline(several, most=len(several) + 1)
    assert set(line.at(now)) == {each for each in several if each.start <= now < each.end}
    edges = {each for one in several if one.start < one.end for each in (one.start, one.end)}
    assert line.next_change(now) == min((each for each in edges if each > now), default=None)


@pytest.mark.parametrize("place", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
def test_a_dense_year_is_right_at_every_minute(place: str) -> None:
    zone, chance = ZoneInfo(place), random.Random(place)  # noqa: S311 - a calendar, not a key
    year = datetime(2026, 1, 1, tzinfo=zone)
    minutes = 365 * 24 * 60
    expected = bytearray(minutes)
    first = int(year.timestamp()) // 60
    parts = []
    for number in range(400):
        weekly, shown = chance.random() < 0.3, chance.choice(list(ShowAs))
        day = year.date() + timedelta(days=chance.randrange(360))
        # not over the hours in which clocks change: what 02:30 means there is not for this test to say
        begin, long = chance.randrange(4 * 60, 18 * 60, 5), chance.randrange(5, 6 * 60, 5)
        status = {ShowAs.OUT_OF_OFFICE: "OOF", ShowAs.WORKING_ELSEWHERE: "WORKINGELSEWHERE"}.get(shown, shown.upper())
        lines = [f"X-MICROSOFT-CDO-BUSYSTATUS:{status}", f"DURATION:PT{long}M"]
        lines += ["RRULE:FREQ=WEEKLY"] if weekly else []
        stamp = f"{day:%Y%m%d}T{begin // 60:02}{begin % 60:02}00"
        parts.append(event(*lines, uid=str(number), start=f";TZID={place}:{stamp}", end=""))
        while day.year == year.year:
            at = datetime(day.year, day.month, day.day, begin // 60, begin % 60, tzinfo=zone)
            offset = int(at.timestamp()) // 60 - first
            for minute in range(offset, min(offset + long, minutes)):
                expected[minute] = max(expected[minute], 1 + shown.weight)
            if not weekly:
                break
            day += timedelta(days=7)
    found = expanded(calendar(*parts), year.astimezone(UTC), (year + timedelta(days=365)).astimezone(UTC), zone)
    line = Timeline(found.appointments, most=400)
    shown_now = bytearray(minutes)
    for minute in range(minutes):
        on = line.at(datetime.fromtimestamp((first + minute) * 60, UTC))
        shown_now[minute] = 1 + on[0].show_as.weight if on else 0
    assert found.problems == ()
    assert shown_now == expected
