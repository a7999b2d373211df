from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx

from hub_crm.answer import AnswerFault, read
from hub_crm.filling import filled_address, filled_body, of_number

if TYPE_CHECKING:
    from hub import Contact, Context, Number
    from hub_crm.cache import Cache
    from hub_crm.settings import LookupTable

MOST_BYTES = 1_000_000
"""Of an answer."""
_OK, _NOTHING, _REDIRECTED = 200, (204, 404), 300
_REMEDIES = {
    400: "compare url and json with the CRM's documentation",
    401: "look whether the secret in headers is right",
    403: "look what the secret in headers may do",
    429: "it has been asked too often: set a longer keep",
}


class LookupFailed(LookupError):  # noqa: N818  what it tells
    """A lookup could not be made; says which, why, and what to do."""


class Lookup:
    """One lookup of one user. Not for the loop to make: its secrets are looked up."""

    def __init__(self, name: str, table: LookupTable, context: Context, cache: Cache) -> None:
        self.name = name
        self._table = table
        self._context = context
        self._cache = cache
        self._headers = {"Accept": "application/json"}
        for header, value in table.headers.items():
            self._headers[header] = found = context.secret(value)
            if not (found.isascii() and found.isprintable()):
                raise self._failed(f"what the header {header} refers to has characters that no header may have")

    async def find(self, number: Number) -> tuple[Contact, ...]:
        """Return who has a number, from memory if it was asked for just now; raises `LookupFailed`."""
        known = self._cache.get(self.name, number.e164)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(self._table.within):
                body = await self._asked(number)
        except TimeoutError:
            raise self._failed(f"no answer in {self._table.within:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(f"it cannot be asked: {_told(error)}", "look at url, and whether it is there") from None
        try:
            found = await asyncio.to_thread(read, self._table, self.name, number.e164, body) if body else None
        except AnswerFault as fault:
            raise self._failed(str(fault), "compare each, name and the others with what the CRM answers") from None
        for wrong in found.faults if found else ():
            self._context.log.warning("lookup %s: %s", self.name, wrong)
        contacts = found.contacts if found else ()
        self._cache.put(self.name, number.e164, contacts, self._table.keep)
        return contacts

    def forget(self) -> None:
        """Forget what was found."""
        self._cache.clear()

    async def _asked(self, number: Number) -> bytes:
        """Return the body of the answer; none where nobody is known."""
        table, values = self._table, of_number(number)
        content, headers = None, self._headers
        if table.body is not None:
            content = json.dumps(filled_body(table.body, values)).encode()
            headers = headers | {"Content-Type": "application/json"}
        url = filled_address(table.url, values)
        request = self._context.http.build_request(table.method, url, content=content, headers=headers)
        answer = await self._context.http.send(request, stream=True, follow_redirects=False)
        try:
            if answer.status_code in _NOTHING:
                return b""
            self._check(answer)
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise self._failed(f"the answer is longer than {MOST_BYTES} bytes", "ask for fewer persons")
            return body
        finally:
            await answer.aclose()

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if _REDIRECTED <= status < 400:  # noqa: PLR2004  the statuses of redirects
            there = str(answer.headers.get("location", ""))[:200]
            raise self._failed(f"it is sent on to {there!r}, and does not go there", "write the right address into url")
        if status != _OK:
            raise self._failed(f"it answered {status} {answer.reason_phrase}", _REMEDIES.get(status, ""))

    def _failed(self, cause: str, remedy: str = "") -> LookupFailed:
        return LookupFailed(f"[plugins.crm.lookups.{self.name}]: {cause}{f' ({remedy})' if remedy else ''}")


def _told(error: Exception) -> str:
    """Return an error in words; what a header holds must not be among them."""
    about_it = "" if isinstance(error, httpx.ProtocolError) else f": {str(error)[:200]}"
    return f"{type(error).__name__}{about_it}"
