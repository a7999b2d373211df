"""What every request must pass before the API sees it: right host, right origin, right size, right content type."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from hub.web.refusals import MEDIA_TYPE, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hub.web.uploads import Upload

LARGEST_BODY = 64 * 1024
"""The largest body of a request, in bytes."""

LARGER = {"/api/account/image": 8 * 1024 * 1024}
"""Where a body may be larger than that."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:@/?#\s]+)(?::(?P<port>[0-9]{1,5}))?")
_READS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the hub listens, and the further `names` by which people reach it there."""

    host: str
    port: int
    names: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        """How a program on this computer reaches the hub."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104  any
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def is_called(self, header: str) -> bool:
        """Return whether a `Host` header names this hub: a page of another name that leads here must not speak to it.

        A numeric address cannot have been rebound by anybody's name server; a loopback hub takes loopback ones only.
        """
        found = _HOST.fullmatch(header.lower())
        if not found:
            return False
        name = found["name"].strip("[]").rstrip(".")
        if name in self.names:
            return True
        if (found["port"] or "80") != str(self.port):
            return False
        if name in {"localhost", self.host.lower()}:
            return True
        numeric = _numeric(name)
        return numeric is not None and (numeric.is_loopback or not self._is_loopback)

    @property
    def _is_loopback(self) -> bool:
        numeric = _numeric(self.host)
        return self.host == "localhost" or (numeric is not None and numeric.is_loopback)


def _numeric(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class Guard:
    """Stands around the app; a refusal never reaches it. `uploads` are the paths where plugins take files."""

    def __init__(
        self,
        app: ASGIApp,
        address: Address,
        largest_body: int = LARGEST_BODY,
        uploads: Sequence[tuple[re.Pattern[str], Upload]] = (),
    ) -> None:
        self._app = app
        self._address = address
        self._largest_body = largest_body
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
            await self._app(scope, self._bounded(receive, self._limit(scope)), send)
        except Refused as refused:
            await _refuse(scope, send, refused)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._address.is_called(hosts[0]):
            raise Refused(HTTPStatus.FORBIDDEN, "foreign_host", "this hub does not answer to that Host")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {
            f"{scheme}://{hosts[0].lower()}" for scheme in ("http", "https")
        }:
            raise Refused(HTTPStatus.FORBIDDEN, "foreign_origin", "pages of other sites may not speak to this hub")
        if scope["type"] != "http":
            return
        if scope["method"] not in _READS and _kind(headers) != "application/json" and not self._upload(scope):
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "send JSON, with Content-Type: application/json"
            )
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:20]) > self._limit(scope):
            raise _too_large(self._limit(scope))

    def _limit(self, scope: Scope) -> int:
        upload = self._upload(scope)
        return max(self._largest_body, LARGER.get(scope["path"], 0), upload.largest if upload else 0)

    def _upload(self, scope: Scope) -> Upload | None:
        """Return what a request that brings a file may bring; None if it brings none."""
        if scope["type"] != "http" or scope["method"] in _READS:
            return None
        kind = _kind(Headers(scope=scope))
        return next((each for path, each in self._uploads if kind in each.types and path.match(scope["path"])), None)

    def _bounded(self, receive: Receive, limit: int) -> Receive:
        """A body that comes in chunks has told no length."""
        taken = 0

        async def take() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise _too_large(limit)
            return message

        return take


def _too_large(limit: int) -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"the body may be {limit} bytes at most")


def _kind(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


async def _refuse(scope: Scope, send: Send, refused: Refused) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(refused.body)).encode())]
    await send({"type": f"{kind}.start", "status": refused.status_code, "headers": headers})
    await send({"type": f"{kind}.body", "body": refused.body})
