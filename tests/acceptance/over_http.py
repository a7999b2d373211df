"""Users who work their phones over the HTTP API of a hub that runs in this process."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.testing.harness import Desk


class User:
    """One user: each method returns what the API answers, which must be a refusal of that code, or none."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **wanted: Any) -> Any:
        return await self._ask("GET", path, params=wanted)

    async def post(self, path: str, *, refused: str = "", **body: Any) -> Any:
        """Ask for something; `refused` is the code of the refusal that must come."""
        return await self._ask("POST", path, refused, json=body)

    async def put(self, path: str, **body: Any) -> Any:
        return await self._ask("PUT", path, json=body)

    async def refused_get(self, path: str, code: str) -> Any:
        return await self._ask("GET", path, code)

    async def refused_put(self, path: str, code: str, **body: Any) -> Any:
        return await self._ask("PUT", path, code, json=body)

    async def _ask(self, method: str, path: str, refused: str = "", **more: Any) -> Any:
        answer = await self._client.request(method, f"/api{path}", **more)
        told = answer.json()
        assert answer.is_error is bool(refused), told
        assert not refused or told["code"] == refused, told
        return told


@asynccontextmanager
async def over_http(desk: Desk, *users: str) -> AsyncIterator[list[User]]:
    """Let users of a hub come in."""
    state = desk.hub.config.hub.state
    address = json.loads((state / "api.json").read_text())["url"]
    async with AsyncExitStack() as stack:
        clients = []
        for user in users:
            token = (state / "tokens" / user).read_text().strip()
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.AsyncClient(base_url=address, headers=headers, trust_env=False, timeout=30)
            clients.append(User(await stack.enter_async_context(client)))
        yield clients
