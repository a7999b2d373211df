"""iCalendar texts of one source, expanded when they change, or when another span is wanted."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from hub_calendar.appointment import Problem
from hub_calendar.expand import NOTHING, Expansion, expand
from hub_calendar.read import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub_calendar.appointment import Appointment
    from hub_calendar.sources import Span


class Texts:
    """Keeps what came out of the texts last, beside a digest of them."""

    def __init__(self) -> None:
        self._seen: tuple[bytes, Span] | None = None
        self._expansion = NOTHING

    async def expanded(self, texts: Mapping[str, bytes], span: Span, more: Iterable[Problem] = ()) -> Expansion:
        """Return the appointments of all texts, by the place that each comes from; `more` could not be read at all."""
        return await asyncio.to_thread(self._expanded, texts, span, tuple(more))

    def _expanded(self, texts: Mapping[str, bytes], span: Span, more: tuple[Problem, ...]) -> Expansion:
        digest = hashlib.blake2b(digest_size=16)
        for place, text in sorted(texts.items()):
            for data in (place.encode(errors="surrogatepass"), text):
                digest.update(len(data).to_bytes(8, "big") + data)
        seen = digest.digest() + repr(more).encode(), span
        if seen != self._seen:
            self._expansion = _expand(texts, span, more)
            self._seen = seen
        return self._expansion


def _expand(texts: Mapping[str, bytes], span: Span, more: tuple[Problem, ...]) -> Expansion:
    appointments: list[Appointment] = []
    problems = list(more)
    for place, data in texts.items():
        try:
            found = read(data)
        except ValueError as error:
            problems.append(Problem(place, str(error)))
            continue
        expansion = expand(found.calendars, span.start, span.stop, span.zone, span.addresses)
        appointments += expansion.appointments
        told = (*found.problems, *expansion.problems)
        problems += (Problem(f"{place}, {each.where}" if place else each.where, each.why) for each in told)
    return Expansion(tuple(appointments), tuple(problems))
