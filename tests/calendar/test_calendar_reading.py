"""What is read of iCalendar text, sound or damaged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ics import calendar, event, expanded

from hub_calendar.read import read

GOOD = event("SUMMARY:Grüße", uid="good")


def titles(data: bytes) -> list[str]:
    return sorted(str(each["SUMMARY"]) for part in read(data).calendars for each in part.walk("VEVENT"))


@pytest.mark.parametrize(
    "data",
    [
        calendar(GOOD),
        calendar(GOOD).replace(b"\r\n", b"\n"),
        calendar(GOOD).replace(b"\r\n", b"\r"),
        b"\xef\xbb\xbf" + calendar(GOOD),
        calendar(GOOD).decode().encode("utf-16"),
        calendar(GOOD).decode().encode("cp1252"),
        calendar(GOOD).replace(b"SUMMARY:Gr", b"SUMMARY:G\r\n r"),
        b"some words before\r\n" + calendar(GOOD),
        calendar("a line that is none", GOOD),
        calendar(GOOD)[: -len("END:VCALENDAR\r\n")],
    ],
)
def test_an_event_is_read_however_the_text_comes(data: bytes) -> None:
    assert titles(data) == ["Grüße"]


def test_several_calendars_in_one_text_are_all_read() -> None:
    assert titles(calendar(GOOD) + calendar(event("SUMMARY:second"))) == ["Grüße", "second"]


def test_an_event_that_was_never_ended_is_told_and_the_others_are_kept() -> None:
    half = "BEGIN:VEVENT\r\nUID:half\r\nSUMMARY:half"
    found = read(calendar(half, GOOD, half))
    assert titles(calendar(half, GOOD, half)) == ["Grüße"]
    assert [str(each) for each in found.problems] == [
        "line 4: a VEVENT without end that cannot be read is left out",
        "line 13: a VEVENT without end that cannot be read is left out",
    ]


def test_a_damaged_zone_does_not_take_the_events_along() -> None:
    found = read(calendar("BEGIN:VTIMEZONE\r\nTZID:Foo\r\nEND:VTIMEZONE", GOOD))
    assert [str(each) for each in found.problems] == ["line 4: a VTIMEZONE that cannot be read is left out"]
    assert titles(calendar("BEGIN:VTIMEZONE\r\nTZID:Foo\r\nEND:VTIMEZONE", GOOD)) == ["Grüße"]


@pytest.mark.parametrize("zone", ["a" * 5000, "Europe", "../../etc/passwd"])
def test_a_zone_whose_name_no_file_can_have_does_not_take_the_others_along(zone: str) -> None:
    odd = event("SUMMARY:odd", uid="odd", start=f";TZID={zone}:20260105T090000", end="")
    assert "sound" in [each.title for each in expanded(calendar(odd, event("SUMMARY:sound"))).appointments]


@pytest.mark.parametrize("data", [b"", b"<html><body>Sign in</body></html>", b"\0" * 100, b"BEGIN:VCARD\r\nEND:VCARD"])
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=re.escape("no calendar: it begins")):
        read(data)


def test_a_zone_of_one_text_does_not_reach_the_next() -> None:
    def at(offset: str) -> bytes:
        standard = f"BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}"
        zone = f"BEGIN:VTIMEZONE\r\nTZID:Home\r\n{standard}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
        return calendar(zone, event(start=";TZID=Home:20260105T120000", end=";TZID=Home:20260105T130000"))

    assert [expanded(at(each)).appointments[0].start.hour for each in ("+0200", "-0500")] == [10, 17]


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 60))
def test_damage_anywhere_crashes_nothing(noise: bytes, at: int, cut: int) -> None:
    whole = calendar(event("RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20260112T090000Z", "SUMMARY:x"), GOOD)
    data = whole[:at] + noise + whole[at + cut :]
    try:
        read(data)
    except ValueError as error:
        assert str(error).startswith("no calendar")  # noqa: PT017 - any other error fails
        return
    expanded(data)
