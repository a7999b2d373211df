"""Speaks to the running hub over its local HTTP API, as the user whose token this is."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self

import httpx

from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANSWER_WITHIN = 30.0
"""Seconds that the hub may take to answer."""
_PIECE = 1 << 20
START = 'start it with "phonehub run"'


class NoHub(UserError):  # noqa: N818  what it tells
    """There is no running hub to speak to."""

    exit_code: ClassVar[int] = 3


class Refused(UserError):  # noqa: N818  what it tells
    """The hub refused. `code` is its word for programs, `missing` the capability that the phone lacks."""

    def __init__(self, status: int, code: str, message: str, missing: str = "") -> None:
        super().__init__(Problem("", message, _REMEDIES.get(code, "")))
        self.status = status
        self.code = code
        self.missing = missing


_REMEDIES = {
    "unknown_queue": '"phonehub queues" shows yours',
    "would_end_call": "say --yes if it may end, or call at another device",
    "unknown_call": '"phonehub calls" shows those that are up',
    "not_connected": '"phonehub doctor" tells why',
}


class Client:
    """One user's way to a hub; use it as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._http = httpx.Client(
            base_url=f"{url}/api",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_WITHIN,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at a path such as `/calls`; raises `NoHub` or `Refused`."""
        return self._ask("GET", path, params=_given(query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Have something done, return the answer; raises `NoHub` or `Refused`."""
        return self._ask("POST", path, json=body or {})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Set something, return the answer; raises `NoHub` or `Refused`."""
        return self._ask("PUT", path, json=body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change a part of something, return the answer; raises `NoHub` or `Refused`."""
        return self._ask("PATCH", path, json=body)

    def send(self, path: str, file: BinaryIO, kind: str, method: str = "POST", **query: Any) -> Any:
        """Send a file as it is, in pieces, and return the answer; raises `NoHub` or `Refused`."""
        pieces = iter(lambda: file.read(_PIECE), b"")
        return self._ask(method, path, params=_given(query), content=pieces, headers={"Content-Type": kind})

    def delete(self, path: str, **query: Any) -> Any:
        """Delete something, return the answer; raises `NoHub` or `Refused`."""
        return self._ask("DELETE", path, params=_given(query), headers={"Content-Type": "application/json"})

    def download(self, path: str, to: BinaryIO, **query: Any) -> Mapping[str, str]:
        """Write what stands at a path to a file, return the answer's headers; raises `NoHub` or `Refused`."""
        try:
            with self._http.stream("GET", path, params=_given(query)) as answer:
                if not answer.is_success:
                    answer.read()
                    self._told(answer)
                to.writelines(answer.iter_bytes())
                return answer.headers
        except httpx.TransportError:
            raise NoHub.of(f"no hub answers at {self.url}", START) from None

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield `hello` with the calls there are, then each event as it happens, until the hub stops."""
        from websockets.exceptions import ConnectionClosed, InvalidHandshake
        from websockets.sync.client import connect

        try:
            with connect(
                f"ws{self.url.removeprefix('http')}/api/events",
                additional_headers={"Authorization": f"Bearer {self.token}"},
                open_timeout=ANSWER_WITHIN,
                proxy=None,
                max_size=None,
            ) as socket:
                for text in socket:
                    yield json.loads(text)
        except (OSError, InvalidHandshake, ConnectionClosed) as error:
            raise NoHub.of(f"the hub does not tell its events: {error}", START) from None

    def _ask(self, method: str, path: str, **what: Any) -> Any:
        try:
            answer = self._http.request(method, path, **what)
        except httpx.TimeoutException:
            raise UserError.of(
                f"the hub did not answer in {ANSWER_WITHIN:.0f} s", '"phonehub doctor" may tell why'
            ) from None
        except httpx.TransportError:
            raise NoHub.of(f"no hub answers at {self.url}", START) from None
        return self._told(answer)

    def _told(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            told = answer.json()
            raise Refused(answer.status_code, told["code"], told["message"], told.get("missing", ""))
        except (ValueError, KeyError, TypeError):
            raise UserError.of(f"something that is no hub answers at {self.url}: {answer.status_code}") from None


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def is_alive(pid: int) -> bool:
    """Return whether a process lives: a token is not sent to whoever took a dead hub's port."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
