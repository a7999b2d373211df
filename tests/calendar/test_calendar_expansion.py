"""Which appointments there are in a span of time (CAL-04), and how each shows its owner (CAL-01, CAL-05)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from ics import BERLIN, calendar, event, expanded, local

from hub import Presence
from hub_calendar.appointment import ShowAs


def test_a_whole_day_is_the_users_day_and_its_end_is_not_in_it() -> None:
    found = expanded(calendar(event(start=";VALUE=DATE:20260105", end=";VALUE=DATE:20260106")))
    assert local(found) == ["01-05 00:00-01-06 00:00"]
    assert found.appointments[0].all_day


@pytest.mark.parametrize("end", ["", ";VALUE=DATE:20260105"])
def test_a_whole_day_without_end_or_with_its_own_as_end_is_one_day(end: str) -> None:
    found = expanded(calendar(event(start=";VALUE=DATE:20260105", end=end)))
    assert local(found) in (["01-05 00:00-01-06 00:00"], ["01-05 00:00-01-05 00:00"])


def test_floating_times_are_where_the_user_is() -> None:
    data = calendar(event(start=":20260105T090000", end=":20260105T100000"))
    assert local(expanded(data)) == ["01-05 09:00-01-05 10:00"]
    assert local(expanded(data, zone=ZoneInfo("America/New_York"))) == ["01-05 15:00-01-05 16:00"]


def test_windows_zone_names_are_known() -> None:
    zone = ";TZID=Eastern Standard Time"
    data = calendar(event(start=f"{zone}:20260105T090000", end=f"{zone}:20260105T100000"))
    assert local(expanded(data)) == ["01-05 15:00-01-05 16:00"]


def test_an_unknown_zone_is_taken_as_the_users_and_told() -> None:
    data = calendar(event("SUMMARY:Call", start=";TZID=Moon:20260105T090000", end=";TZID=Moon:20260105T100000"))
    found = expanded(data)
    assert local(found) == ["01-05 09:00-01-05 10:00"]
    told = "'Call' of 2026-01-05: its time zone 'Moon' is not known: taken as yours"
    assert [str(each) for each in found.problems] == [told]


def test_a_series_keeps_its_local_time_when_the_clocks_change() -> None:
    zone = ";TZID=Europe/Berlin"
    data = calendar(event("RRULE:FREQ=DAILY;COUNT=3", start=f"{zone}:20260328T023000", end=f"{zone}:20260328T033000"))
    found = expanded(data, datetime(2026, 3, 1, tzinfo=UTC))
    assert [each.start.isoformat() for each in found.appointments] == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-29T01:30:00+00:00",  # 02:30 does not exist on that day
        "2026-03-30T00:30:00+00:00",
    ]


def test_an_exdate_with_a_time_takes_a_day_out_of_a_series_of_days() -> None:
    weekly = event(
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "EXDATE;TZID=W. Europe Standard Time:20260112T000000",
        start=";VALUE=DATE:20260105",
        end=";VALUE=DATE:20260106",
    )
    assert local(expanded(calendar(weekly))) == ["01-05 00:00-01-06 00:00", "01-19 00:00-01-20 00:00"]


def test_an_instance_moved_in_another_zone_replaces_the_one_of_its_series() -> None:
    series = event(
        "RRULE:FREQ=DAILY;COUNT=3",
        start=";TZID=Europe/Berlin:20260105T090000",
        end=";TZID=Europe/Berlin:20260105T100000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=America/New_York:20260106T030000", start=":20260106T150000Z", end=":20260106T160000Z"
    )
    found = expanded(calendar(series, moved))
    assert local(found) == ["01-05 09:00-01-05 10:00", "01-06 16:00-01-06 17:00", "01-07 09:00-01-07 10:00"]
    assert len({each.id for each in found.appointments}) == 3


@pytest.mark.parametrize(
    "gone",
    [
        event("RECURRENCE-ID:20260106T090000Z", "STATUS:CANCELLED", start=":20260106T090000Z", end=":20260106T100000Z"),
        event(
            "RECURRENCE-ID:20260106T090000Z",
            "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Me@Example.com",
            start=":20260106T090000Z",
            end=":20260106T100000Z",
        ),
    ],
)
def test_a_cancelled_and_a_declined_instance_do_not_take_place(gone: str) -> None:
    found = expanded(calendar(event("RRULE:FREQ=DAILY;COUNT=3"), gone), addresses=["me@example.com"])
    assert [each.start.day for each in found.appointments] == [5, 7]


def test_what_another_declined_takes_place() -> None:
    data = calendar(event("ATTENDEE;PARTSTAT=DECLINED:mailto:you@example.com", "ATTENDEE:mailto:me@example.com"))
    assert len(expanded(data, addresses=["me@example.com"]).appointments) == 1


def test_a_private_event_hides_its_text_and_still_counts() -> None:
    (found,) = expanded(calendar(event("CLASS:PRIVATE", "SUMMARY:Doctor", "LOCATION:Clinic"))).appointments
    assert (found.private, found.title, found.place, found.show_as) == (True, "", "", ShowAs.BUSY)
    assert "Doctor" not in repr(found)


@pytest.mark.parametrize("classes", [("PRIVATE", "PUBLIC"), ("PUBLIC", "CONFIDENTIAL")])
def test_an_event_that_is_private_and_public_is_private(classes: tuple[str, str]) -> None:
    lines = [*(f"CLASS:{each}" for each in classes), "SUMMARY:Doctor"]
    found = expanded(calendar(event(*lines), event(*lines, "RRULE:FREQ=SECONDLY", uid="odd")))
    assert [each.private for each in found.appointments] == [True]
    assert [each.where for each in found.problems] == ["a private event of 2026-01-05"]
    assert "Doctor" not in repr(found)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([], ShowAs.BUSY),
        (["TRANSP:TRANSPARENT"], ShowAs.FREE),
        (["STATUS:TENTATIVE"], ShowAs.TENTATIVE),
        (["STATUS:TENTATIVE", "TRANSP:OPAQUE"], ShowAs.TENTATIVE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "TRANSP:TRANSPARENT"], ShowAs.WORKING_ELSEWHERE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "TRANSP:OPAQUE"], ShowAs.TENTATIVE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:OOF"], ShowAs.OUT_OF_OFFICE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:FREE", "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY"], ShowAs.FREE),
        (["X-MICROSOFT-CDO-INTENDEDSTATUS:OOF"], ShowAs.BUSY),
        (["X-MICROSOFT-CDO-BUSYSTATUS:nonsense", "TRANSP:TRANSPARENT"], ShowAs.FREE),
    ],
)
def test_outlooks_own_show_as_beats_transp(lines: list[str], shown: ShowAs) -> None:
    (found,) = expanded(calendar(event(*lines))).appointments
    assert found.show_as is shown


@pytest.mark.parametrize(
    ("lines", "presence"),
    [
        (["X-PHONEHUB-PRESENCE:away"], Presence.AWAY),
        (["CATEGORIES:Red,Presence: On business trip"], Presence.ON_BUSINESS_TRIP),
        (["CATEGORIES:Red", "CATEGORIES:presence:busy"], Presence.BUSY),
        (["CATEGORIES:Presence: Away", "X-PHONEHUB-PRESENCE:at_home"], Presence.AT_HOME),
        (["CATEGORIES:Away"], None),
    ],
)
def test_an_event_may_name_its_own_presence(lines: list[str], presence: Presence | None) -> None:
    (found,) = expanded(calendar(event(*lines))).appointments
    assert found.presence is presence


def test_a_presence_that_there_is_not_is_told() -> None:
    found = expanded(calendar(event("X-PHONEHUB-PRESENCE:asleep")))
    assert "it asks for the presence 'asleep'; there are in_office" in str(found.problems[0])
    assert found.appointments[0].presence is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["RRULE:FREQ=NEVER"], "its RRULE cannot be read (Expected frequency, got: NEVER)"),
        (["RRULE:FREQ=SECONDLY"], "repeats too often to be counted"),
        (["RRULE:FREQ=MINUTELY;COUNT=2000000"], "repeats too often to be counted"),
        (["RRULE:FREQ=DAILY;RSCALE=CHINESE"], "left out: "),
        (["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"], "names no day that there is"),
        (["RRULE:FREQ=HOURLY;BYMONTH=4,6;BYMONTHDAY=31;COUNT=3"], "names no day that there is"),
        (["RRULE:FREQ=DAILY;BYSETPOS=2;BYDAY=MO"], "names no day that there is"),
        (["RRULE;VALUE=TEXT:FREQ=DAILY"], "left out: "),
    ],
)
def test_an_event_that_cannot_be_expanded_is_told_and_the_others_stay(lines: list[str], why: str) -> None:
    found = expanded(calendar(event(*lines, "SUMMARY:odd", uid="odd"), event("SUMMARY:sound")))
    assert [each.title for each in found.appointments] == ["sound"]
    assert len(found.problems) == 1
    assert found.problems[0].where == "'odd' of 2026-01-05"
    assert why in found.problems[0].why


def test_an_event_that_is_longer_than_its_rule_repeats_does_not_fill_the_memory() -> None:
    endless = event("RRULE:FREQ=HOURLY", "SUMMARY:odd", start=":20200101T000000Z", end=":22200101T010000Z")
    found = expanded(calendar(endless))
    assert found.appointments == ()
    assert "repeats too often" in found.problems[0].why


def test_events_without_a_readable_start_are_told() -> None:
    missing = event("SUMMARY:none", uid="a").replace("DTSTART:20260105T090000Z\r\n", "")
    found = expanded(calendar(missing, event("SUMMARY:bad", uid="b", start=":20260105T09"), event(uid="c")))
    assert len(found.appointments) == 1
    assert [str(each)[:40] for each in found.problems] == [
        "'none': left out: it has no DTSTART",
        "'bad': left out: its DTSTART cannot be r",
    ]


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (";VALUE=PERIOD:20260105T090000Z/PT1H", "DURATION:PT1H"),
        (";VALUE=DURATION:PT1H", "DURATION:PT1H"),
        (";VALUE=TIME:090000", "DURATION:PT1H"),
        (":20260105T090000Z", "DURATION:P999999D"),
        (";VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231"),
    ],
)
def test_a_series_of_what_cannot_be_counted_is_told_and_the_others_stay(start: str, length: str) -> None:
    odd = event("RRULE:FREQ=DAILY", length, "SUMMARY:odd", uid="odd", start=start, end="")
    found = expanded(calendar(odd, event("SUMMARY:sound")))
    assert [each.title for each in found.appointments] == ["sound"]
    (told,) = found.problems
    assert "'odd'" in told.where
    assert told.why.startswith("left out: ")


def test_a_rule_that_seldom_comes_true_is_a_rule() -> None:
    rules = ["YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "YEARLY;INTERVAL=4;BYMONTH=2", "YEARLY;BYWEEKNO=53;BYDAY=SU"]
    at = {"start": ":20240229T090000Z", "end": ":20240229T100000Z"}
    found = expanded(calendar(*(event(f"RRULE:FREQ={rule}", uid=rule, **at) for rule in rules)))
    assert found.problems == ()


def test_an_event_with_two_uids_or_none_is_one() -> None:
    doubled = event("UID:b", uid="a")
    without = event("SUMMARY:x").replace("UID:one\r\n", "")
    assert len(expanded(calendar(doubled)).appointments) == 1
    assert len(expanded(calendar(without)).appointments) == 1


def test_a_broken_exdate_does_not_lose_the_series() -> None:
    found = expanded(calendar(event("RRULE:FREQ=DAILY;COUNT=2", "EXDATE:")))
    assert len(found.appointments) == 2
    assert "its EXDATE cannot be read" in found.problems[0].why


def test_what_is_on_at_the_edges_of_the_span_is_in_it() -> None:
    data = calendar(
        event(uid="before", start=":20251231T230000Z", end=":20260101T000000Z"),
        event(uid="into", start=":20251231T230000Z", end=":20260101T000001Z"),
        event(uid="out", start=":20260301T235959Z", end=":20260303T000000Z"),
        event(uid="after", start=":20260302T000000Z", end=":20260303T000000Z"),
    )
    assert sorted(each.uid for each in expanded(data).appointments) == ["into", "out"]


def test_an_event_without_a_calendar_around_it_is_one() -> None:
    assert len(expanded(event().encode()).appointments) == 1


def test_the_zone_of_a_calendar_holds_for_its_series() -> None:
    data = calendar(
        "X-WR-TIMEZONE:Europe/Berlin", event("RRULE:FREQ=DAILY;COUNT=60", start=":20260301T080000Z", end="")
    )
    found = expanded(data, datetime(2026, 3, 1, tzinfo=UTC))
    assert {f"{each.start.astimezone(BERLIN):%H:%M}" for each in found.appointments} == {"09:00"}
