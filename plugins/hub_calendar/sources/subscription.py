"""A subscribed calendar: an address that gives iCalendar text."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from hub import BasicOrDigest, Remote, SourceRefused, remote_refusal
from hub_calendar.sources.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub_calendar.expand import Expansion
    from hub_calendar.sources import Span

_ASKED = {"Accept": "text/calendar, */*;q=0.1"}


class Subscription:
    """Asks for the text again only if it has changed, where the server can say so (ETag, Last-Modified: RFC 9110)."""

    def __init__(
        self, place: str, url: str, user: str, secret: Callable[[], str], *, most_bytes: int = 50_000_000
    ) -> None:
        self._place = place
        self._url = url
        self._user = user
        self._secret = secret
        self._most_bytes = most_bytes
        self._remote: Remote | None = None
        self._unless: dict[str, str] = {}
        self._body = b""
        self._texts = Texts()

    async def appointments(self, span: Span) -> Expansion:
        """Ask for the text."""
        if self._remote is None:
            auth = BasicOrDigest(self._user, await asyncio.to_thread(self._secret)) if self._user else None
            self._remote = Remote(self._place, auth, most_bytes=self._most_bytes)
        answer = await self._remote.ask("GET", self._url, headers={**_ASKED, **self._unless})
        if answer.status == HTTPStatus.OK:
            expansion = await self._texts.expanded({"": answer.body}, span)
            if not expansion.appointments and len(expansion.problems) == 1 and not expansion.problems[0].where:
                raise SourceRefused.of(expansion.problems[0].why, "is the address right?", self._place)
            self._body = answer.body
            known = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
            self._unless = {ask: answer.headers[told] for ask, told in known.items() if told in answer.headers}
            return expansion
        if answer.status != HTTPStatus.NOT_MODIFIED or not self._unless:
            raise remote_refusal(answer, self._place, "to read the calendar")
        return await self._texts.expanded({"": self._body}, span)

    async def changed(self) -> None:
        """Wait for ever: it is asked now and then."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Ask no more."""
        if self._remote is not None:
            await self._remote.close()
