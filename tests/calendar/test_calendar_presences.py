"""The table from show-as to presence (CAL-01), a fixed presence (CAL-02) and one of an appointment's own (CAL-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub import Presence
from hub_calendar.appointment import Appointment, ShowAs
from hub_calendar.presences import Presences

AT = datetime(2026, 1, 5, tzinfo=UTC)


def appointment(show_as: ShowAs) -> Appointment:
    return Appointment(id="x", uid="x", start=AT, end=AT, show_as=show_as)


@pytest.mark.parametrize(
    ("show_as", "presence"),
    [
        (ShowAs.FREE, None),
        (ShowAs.TENTATIVE, None),
        (ShowAs.WORKING_ELSEWHERE, Presence.ON_BUSINESS_TRIP),
        (ShowAs.BUSY, Presence.AT_A_MEETING),
        (ShowAs.OUT_OF_OFFICE, Presence.AWAY),
    ],
)
def test_the_usual_table(show_as: ShowAs, presence: Presence | None) -> None:
    assert Presences().of(appointment(show_as)) is presence


def test_each_line_of_the_table_can_be_changed() -> None:
    table = Presences.model_validate({"show_as": {"free": "in_office", "busy": "unmodified"}})
    given = [table.of(appointment(each)) for each in ShowAs]
    assert given == [Presence.IN_OFFICE, None, Presence.ON_BUSINESS_TRIP, None, Presence.AWAY]


@pytest.mark.parametrize(("free", "tentative"), [(True, True), (False, True), (True, False), (False, False)])
def test_a_fixed_presence_spares_free_and_tentative_ones_if_told(free: bool, tentative: bool) -> None:  # noqa: FBT001
    fixed = Presences.model_validate({"presence": "busy", "leave_free": free, "leave_tentative": tentative})
    given = [fixed.of(appointment(each)) for each in ShowAs]
    expected = [None if free else Presence.BUSY, None if tentative else Presence.BUSY, *[Presence.BUSY] * 3]
    assert given == expected


def test_an_appointments_own_presence_wins_over_everything() -> None:
    own = replace(appointment(ShowAs.FREE), presence=Presence.AT_HOME)
    assert Presences.model_validate({"presence": "unmodified"}).of(own) is Presence.AT_HOME
    assert Presences().weight(own) > Presences().weight(appointment(ShowAs.OUT_OF_OFFICE))
    assert Presences.model_validate({"presence": "unmodified"}).of(appointment(ShowAs.BUSY)) is None
