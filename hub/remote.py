"""HTTP to the server of one account: bounded, with a deadline, and what goes wrong in words for a person.

The client is the account's own: cookies of one must not reach another. A redirect to another host is not followed, and
so takes no password along.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx

from hub.contact_source import SourceRefused, SourceUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 307, 308}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class RemoteAnswer:
    """What a server answered, whole."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Remote:
    """Asks the server of one account; `place` is what a person knows the account by.

    A request may take `within` seconds, redirects included, and its answer may have `most_bytes`.
    """

    def __init__(
        self, place: str, auth: httpx.Auth | None = None, *, within: float = 60.0, most_bytes: int = 100_000_000
    ) -> None:
        self.place = place
        self._within = within
        self._most_bytes = most_bytes
        self._client = httpx.AsyncClient(auth=auth, timeout=httpx.Timeout(20.0), follow_redirects=False)

    async def close(self) -> None:
        """Ask no more."""
        await self._client.aclose()

    async def ask(self, method: str, url: str, **what: Any) -> RemoteAnswer:
        """Return what the server answers, whatever its status; raises `SourceUnreachable` and `SourceRefused`."""
        async with self._told_to_people(url), asyncio.timeout(self._within):
            for _ in range(_MOST_REDIRECTS):
                answer = await self._once(method, url, what)
                if answer.status not in _REDIRECTS or "location" not in answer.headers:
                    return answer
                url = self._redirected(url, answer.headers["location"])
        raise SourceRefused.of("it redirects without end", "is the address right?", self.place)

    async def _once(self, method: str, url: str, what: dict[str, Any]) -> RemoteAnswer:
        # an ETag, say, may have other letters than ASCII (RFC 9110, 8.8.3)
        headers = httpx.Headers(what.get("headers"), encoding="utf-8")
        async with self._client.stream(method, url, **{**what, "headers": headers}) as response:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > self._most_bytes:
                    raise SourceRefused.of(
                        f"its answer is larger than {self._most_bytes:,} bytes", "is the address right?", self.place
                    )
                parts.append(part)
            return RemoteAnswer(url, response.status_code, response.headers, b"".join(parts))

    def _redirected(self, url: str, location: str) -> str:
        old = urlsplit(url)
        try:
            new = urlsplit(urljoin(url, location))
        except ValueError:
            raise SourceRefused.of("it redirects to what is no address", "is the address right?", self.place) from None
        upgraded = (old.scheme, new.scheme) == ("http", "https") and old.hostname == new.hostname
        if not upgraded and (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise SourceRefused.of(
                f"it redirects to another place, {new.scheme}://{new.hostname}",
                "if that is the right place, make it the address of the source",
                self.place,
            )
        return new.geturl()

    @asynccontextmanager
    async def _told_to_people(self, url: str) -> AsyncIterator[None]:
        host = urlsplit(url).hostname
        try:
            yield
        except (httpx.TimeoutException, TimeoutError):
            raise SourceUnreachable.of(f"{host} did not answer in time", "it is tried again", self.place) from None
        except httpx.TransportError as error:
            if certificate := _certificate_error(error):
                raise SourceRefused.of(
                    f"the certificate of {host} is not trusted: {certificate}",
                    "is the address right? Name a certificate authority of your own in SSL_CERT_FILE",
                    self.place,
                ) from None
            raise SourceUnreachable.of(
                f"{host} cannot be reached: {' '.join(str(error).split()) or type(error).__name__}",
                "are you online, is the address right? It is tried again",
                self.place,
            ) from None
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise SourceRefused.of(f"{host} is not understood: {error}", "is the address right?", self.place) from None


def remote_refusal(answer: RemoteAnswer, place: str, what: str) -> SourceRefused | SourceUnreachable:
    """Return the error that a status means, where it is none of those that the caller expects."""
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return SourceRefused.of("user or password is wrong", "mend them in the configuration", place)
        case HTTPStatus.FORBIDDEN:
            return SourceRefused.of(f"it does not allow you {what}", "mind the rights of your account there", place)
        case HTTPStatus.INSUFFICIENT_STORAGE | HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return SourceRefused.of("there is no space left for your account", "delete something there", place)
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.REQUEST_TIMEOUT:
            return SourceUnreachable.of("it is asked too much", "it is tried again later", place)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceUnreachable.of(f"it fails with status {answer.status}", "it is tried again", place)
    return SourceRefused.of(f"it answers {what} with status {answer.status}", "is the address right?", place)


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this computer."""
    return urlsplit(url).hostname in _LOOPBACK


def _certificate_error(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return str(getattr(cause, "verify_message", "") or cause.reason or "TLS failed")
        cause = cause.__cause__ or cause.__context__
    return ""


def checked_address(url: str, *, unencrypted: bool = False) -> str:
    """Return the address of a server; ValueError for one that is none, or by which others could read the password.

    `unencrypted` allows http:// to another computer.
    """
    there = urlsplit(url)
    if there.scheme not in {"http", "https"} or not there.hostname:
        raise ValueError("url should be an address such as https://cloud.example/")
    if there.username or there.password:
        raise ValueError("url should have no password in it: set user and password")
    if there.scheme == "http" and not (unencrypted or is_loopback(url)):
        raise ValueError("url should begin with https://, or else others can read the password")
    return url
