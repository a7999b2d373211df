"""The fields of an iCalendar event that an appointment is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from hub import Presence
from hub_calendar.appointment import Appointment, Problem, ShowAs

if TYPE_CHECKING:
    from datetime import tzinfo

    from hub_calendar.read import VEvent

_BUSY_STATUS = {
    "FREE": ShowAs.FREE,
    "TENTATIVE": ShowAs.TENTATIVE,
    "BUSY": ShowAs.BUSY,
    "OOF": ShowAs.OUT_OF_OFFICE,
    "WORKINGELSEWHERE": ShowAs.WORKING_ELSEWHERE,
}
_PRESENCE = "presence:"


@dataclass(frozen=True, slots=True)
class Fields:
    """Make appointments of a user; `addresses` are case-folded."""

    zone: tzinfo
    addresses: frozenset[str]
    problems: list[Problem]

    def appointment(self, event: VEvent) -> Appointment | None:
        """Return an instance as an appointment; None where it is cancelled or the user has declined it."""
        if _text(event, "STATUS").upper() == "CANCELLED" or self._declined(event):
            return None
        begin, end = event["DTSTART"].dt, event["DTEND"].dt
        private = is_private(event)
        uid = _text(event, "UID")
        return Appointment(
            id=f"{uid} {_stamp(event.get('RECURRENCE-ID', event['DTSTART']).dt)}",
            uid=uid,
            start=self._utc(begin),
            end=self._utc(end),
            all_day=not isinstance(begin, datetime),
            title="" if private else _text(event, "SUMMARY"),
            place="" if private else _text(event, "LOCATION"),
            show_as=show_as(event),
            private=private,
            presence=self._presence(event),
        )

    def _utc(self, at: date) -> datetime:
        """Return a time in UTC; a day begins, and a floating time is, where the user is."""
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def _declined(self, event: VEvent) -> bool:
        if not self.addresses:
            return False
        return any(
            str(each).casefold().removeprefix("mailto:") in self.addresses
            and str(getattr(each, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"
            for each in _several(event.get("ATTENDEE", []))
        )

    def _presence(self, event: VEvent) -> Presence | None:
        wanted = _text(event, "X-PHONEHUB-PRESENCE")
        if not wanted:
            named = (each for each in _categories(event) if each.casefold().startswith(_PRESENCE))
            wanted = next(named, "")[len(_PRESENCE) :]
        if not wanted:
            return None
        try:
            return Presence(wanted.strip().casefold().replace(" ", "_"))
        except ValueError:
            known = ", ".join(Presence)
            when = f"{event['DTSTART'].dt:%Y-%m-%d}"
            self.problems.append(
                Problem(f"an appointment of {when}", f"it asks for the presence {wanted[:40]!r}; there are {known}")
            )
            return None


def is_private(event: VEvent) -> bool:
    """Return whether an event's text is its owner's alone; one that says so and otherwise is."""
    said = event.get("CLASS", "")
    return any(str(each).strip().upper() in {"PRIVATE", "CONFIDENTIAL"} for each in _several(said))


def show_as(event: VEvent) -> ShowAs:
    """Return how an event shows its owner: Outlook's own property first, for TRANSP cannot say all it knows.

    INTENDEDSTATUS is what the organizer proposes to others, and is not read (MS-OXCICAL 2.1.3.1.1.20.31 and .37).
    """
    outlook = _BUSY_STATUS.get(_text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper())
    if outlook:
        return outlook
    if _text(event, "TRANSP").upper() == "TRANSPARENT":
        return ShowAs.FREE
    return ShowAs.TENTATIVE if _text(event, "STATUS").upper() == "TENTATIVE" else ShowAs.BUSY


def _text(event: VEvent, key: str) -> str:
    value = event.get(key, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value).strip()


def _categories(event: VEvent) -> list[str]:
    return [
        str(each).strip() for group in _several(event.get("CATEGORIES", [])) for each in getattr(group, "cats", [group])
    ]


def _several(value: Any) -> list[Any]:
    """Return a property's values: icalendar makes a list only of more than one."""
    return value if isinstance(value, list) else [value]


def _stamp(at: date) -> str:
    if isinstance(at, datetime) and at.tzinfo:
        at = at.astimezone(UTC)
    return at.isoformat()
