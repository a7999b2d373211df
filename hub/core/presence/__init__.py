"""Where a user is, as colleagues see it on the phone system, and what decides it when several sources want it."""

from __future__ import annotations

from enum import StrEnum


class Presence(StrEnum):
    """What colleagues see of a user on the phone system."""

    IN_OFFICE = "in_office"
    AT_A_MEETING = "at_a_meeting"
    BUSY = "busy"
    AWAY = "away"
    AT_HOME = "at_home"
    ON_BUSINESS_TRIP = "on_business_trip"
    ON_VACATION = "on_vacation"

    @property
    def words(self) -> str:
        """The presence as a person reads it: `On business trip`."""
        return self.value.replace("_", " ").capitalize()
