"""iCalendar text for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub_calendar.expand import Expansion, expand
from hub_calendar.read import read

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import tzinfo

BERLIN = ZoneInfo("Europe/Berlin")


def event(*lines: str, uid: str = "one", start: str = ":20260105T090000Z", end: str = ":20260105T100000Z") -> str:
    own = [f"UID:{uid}", f"DTSTART{start}", *([f"DTEND{end}"] if end else []), *lines]
    return "\r\n".join(["BEGIN:VEVENT", *own, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *parts, "END:VCALENDAR", ""]).encode()


def expanded(
    data: bytes,
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    stop: datetime | None = None,
    zone: tzinfo = BERLIN,
    addresses: Collection[str] = (),
) -> Expansion:
    return expand(read(data).calendars, start, stop or start + timedelta(days=60), zone, addresses)


def local(expansion: Expansion, zone: tzinfo = BERLIN) -> list[str]:
    """Return when appointments are, by the user's clock."""
    found = sorted(expansion.appointments, key=lambda each: each.start)
    return [f"{each.start.astimezone(zone):%m-%d %H:%M}-{each.end.astimezone(zone):%m-%d %H:%M}" for each in found]


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=each) for each in range(count)]
