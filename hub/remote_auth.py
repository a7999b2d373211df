"""Signing in at HTTP servers by user and password, without sending the password before it is asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator


class BasicOrDigest(httpx.Auth):
    """Takes what the server asks for: Digest (RFC 7616) before Basic (RFC 7617)."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, again with the password if it is asked for."""
        if self._chosen is None:
            response = yield request
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                return
            asked = " ".join(response.headers.get_list("www-authenticate")).lower()
            kind = httpx.DigestAuth if "digest" in asked else httpx.BasicAuth
            self._chosen = kind(self._user, self._password)
        yield from self._chosen.auth_flow(request)
