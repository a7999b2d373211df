"""Calendars at a CalDAV server (RFC 4791), by the library `caldav`; changes are asked for by sync token (RFC 6578)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub import SourceRefused, SourceUnreachable
from hub_calendar.sources.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from hub import SourceError
    from hub_calendar.expand import Expansion
    from hub_calendar.sources import Span

_TIMEOUT = 30
_ONE_BY_ONE = 20
"""So many changed events are asked for one by one; of more than that, the whole calendar is."""


@dataclass(slots=True)
class _Collection:
    """A calendar as it was read last: the text of each of its objects by its address."""

    calendar: Any
    token: str = ""
    texts: dict[str, bytes] = field(default_factory=dict)


class CalDav:
    """All calendars of an account, or those of the `names`; reading only, at most `most_events` of them."""

    def __init__(
        self,
        place: str,
        url: str,
        user: str,
        secret: Callable[[], str],
        names: Collection[str] = (),
        *,
        most_events: int = 100_000,
    ) -> None:
        self._place = place
        self._url = url
        self._user = user
        self._secret = secret
        self._names = names
        self._most_events = most_events
        self._client: Any = None
        self._collections: list[_Collection] = []
        self._texts = Texts()
        self._reading: asyncio.Task[dict[str, bytes]] | None = None

    async def appointments(self, span: Span) -> Expansion:
        """Ask what changed; a thread cannot be cancelled, so where one was given up it is waited for the next time."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(self._read), name=f"{self._place} is read")
        await asyncio.wait({self._reading})
        reading, self._reading = self._reading, None
        return await self._texts.expanded(reading.result(), span)

    async def changed(self) -> None:
        """Wait for ever: it is asked now and then."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Ask no more."""
        if self._reading is not None:
            self._reading.cancel()
        if self._client is not None:
            await asyncio.to_thread(self._client.close)

    def _read(self) -> dict[str, bytes]:
        import requests
        from caldav.lib import error

        try:
            if not self._collections:
                self._open()
            for each in self._collections:
                self._update(each)
        except error.NotFoundError:
            self._collections = []  # a calendar was deleted or moved: look anew the next time
            raise SourceUnreachable.of("a calendar is gone there", "it is looked for anew", self._place) from None
        except error.AuthorizationError:
            raise SourceRefused.of(
                "it refuses you", "mend user and password in the configuration", self._place
            ) from None
        except requests.exceptions.SSLError:
            raise SourceRefused.of("its certificate is not trusted", "is the address right?", self._place) from None
        except (requests.exceptions.RequestException, OSError) as problem:
            raise self._unreachable(problem) from None
        except (error.DAVError, ValueError, AttributeError, KeyError, TypeError) as problem:  # answers of no CalDAV
            raise SourceRefused.of(
                f"it does not answer as a CalDAV server does ({_short(problem)})", "is the address right?", self._place
            ) from None
        return {href: text for each in self._collections for href, text in each.texts.items()}

    def _open(self) -> None:
        import caldav

        if self._client is None:
            self._client = caldav.DAVClient(
                url=self._url,
                username=self._user or None,
                password=self._secret() if self._user else None,
                timeout=_TIMEOUT,
            )
        calendars = self._client.principal().calendars()
        if not calendars:
            calendars = [self._client.calendar(url=self._url)]
        named = [each for each in calendars if not self._names or each.get_display_name() in self._names]
        if not named:
            there = ", ".join(sorted(str(each.get_display_name()) for each in calendars)[:20])
            raise SourceRefused.of("it has no calendar of that name", f"there are {there}", self._place)
        self._collections = [_Collection(each) for each in named]

    def _update(self, known: _Collection) -> None:
        from caldav.lib import error

        try:
            told = known.calendar.objects_by_sync_token(known.token or None)
        except error.ReportError:  # the server has no such tokens, or has forgotten this one
            known.token = ""
            self._read_all(known)
            return
        changed = list(told)
        if known.token and len(changed) <= _ONE_BY_ONE:
            for each in changed:
                href = str(each.url.canonical())
                try:
                    known.texts[href] = each.load().data.encode()
                except error.NotFoundError:
                    known.texts.pop(href, None)
        elif changed or not known.token:
            self._read_all(known)
        known.token = str(told.sync_token or "")

    def _read_all(self, known: _Collection) -> None:
        events = known.calendar.events()
        if len(events) > self._most_events:
            raise SourceRefused.of(
                f"it has more than {self._most_events:,} events", "name some of its calendars", self._place
            )
        known.texts = {str(each.url.canonical()): each.data.encode() for each in events}

    def _unreachable(self, problem: Exception) -> SourceError:
        return SourceUnreachable.of(
            f"it cannot be reached ({_short(problem)})", "are you online, is the address right? It is tried again",
            self._place,
        )  # fmt: skip


def _short(problem: Exception) -> str:
    return type(problem).__name__
