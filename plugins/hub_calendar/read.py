"""Read iCalendar text (RFC 5545) as far as it can be read, and tell what cannot."""

from __future__ import annotations

import re
import threading
import warnings
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from icalendar import Calendar
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.timezone import tzp

from hub_calendar.appointment import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_EVENT = re.compile(r"^BEGIN:VEVENT[ \t]*$", re.IGNORECASE | re.MULTILINE)
_BLOCK = re.compile(r"(BEGIN|END):(VEVENT|VTIMEZONE)[ \t]*", re.IGNORECASE)
_HEADER = re.compile(r"(X-WR-TIMEZONE|CALSCALE)[:;]", re.IGNORECASE)
VEvent = Any  # an icalendar Event; icalendar types each value as a union of all that there are
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError)
"""What icalendar and what works on it raise for damaged text; OSError where a zone's name is no name of a file."""
_ZONES = threading.Lock()


@dataclass(frozen=True, slots=True)
class ReadCalendars:
    """Calendars of one text, and what of it could not be read."""

    calendars: tuple[Calendar, ...]
    problems: tuple[Problem, ...] = ()


def read(data: bytes) -> ReadCalendars:
    """Read all calendars of a text; where it is damaged, every event that is whole.

    Raises ValueError for what is no calendar at all.
    """
    text = _decode(data)
    events = len(_EVENT.findall(text))
    if not events and "BEGIN:VCALENDAR" not in text.upper():
        raise ValueError(f"no calendar: it begins {text.strip()[:40]!r}, not 'BEGIN:VCALENDAR'")
    try:
        calendars = _parse(text)
    except DAMAGE:
        calendars = []
    if sum(len(each.walk("VEVENT")) for each in calendars) == events:
        return ReadCalendars(tuple(calendars))
    return _salvage(text)


def _decode(data: bytes) -> str:
    charset = next((name for mark, name in _BOMS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:  # old Outlook wrote the code page of the computer
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str) -> list[Calendar]:
    """Parse a text. icalendar would keep its zones for the next, which may mean another by the same name."""
    with _ZONES, warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        tzp.use_default()
        return Calendar.from_ical(text, multiple=True)


def _salvage(text: str) -> ReadCalendars:
    header: list[str] = []
    zones: list[str] = []
    events: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for kind, line, lines in _blocks(text.split("\n")):
        if kind == "VEVENT":
            events.append((line, "\n".join(lines)))
        elif kind == "VTIMEZONE" and _whole(zone := "\n".join(lines)):
            zones.append(zone)
        elif kind == "HEADER":
            header += lines
        else:
            problems.append(Problem(f"line {line}", f"a {kind} that cannot be read is left out"))
    good = []
    frame = "\n".join(["BEGIN:VCALENDAR", *header, *zones])
    for line, event in events:
        if _whole(event):
            good.append(event)
        else:
            problems.append(Problem(f"line {line}", "an event that cannot be read is left out"))
    return ReadCalendars(tuple(_parse("\n".join([frame, *good, "END:VCALENDAR"]))), tuple(problems))


def _whole(block: str) -> bool:
    try:
        return len(_parse(f"BEGIN:VCALENDAR\n{block}\nEND:VCALENDAR")) == 1
    except DAMAGE:
        return False


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield events and zones with the number of their first line; one that another begins in was never ended."""
    kind, first = "", 0
    kept: list[str] = []
    for number, line in enumerate(chain(lines, [""]), 1):
        match = _BLOCK.fullmatch(line)
        if match and match[1].upper() == "BEGIN":
            if kind:
                yield kind + " without end", first, kept
            kind, first, kept = match[2].upper(), number, [line]
        elif match and kind == match[2].upper():
            yield kind, first, [*kept, line]
            kind = ""
        elif kind:
            kept.append(line)
        elif _HEADER.match(line):
            yield "HEADER", number, [line]
    if kind:
        yield kind + " without end", first, kept
