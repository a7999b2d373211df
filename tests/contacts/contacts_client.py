"""Asks a hub for contacts as a user's program would."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hub.testing.harness import Desk

WITHIN = 30.0
"""Seconds that a test waits for an import."""


def token_of(state: Path, user: str) -> str:
    return (state / "tokens" / user).read_text(encoding="utf-8").strip()


def client(desk: Desk, user: str = "alice") -> httpx.AsyncClient:
    assert desk.hub.server is not None
    return client_at(desk.hub.server.url, token_of(desk.hub.config.hub.state, user))


def client_at(url: str, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return httpx.AsyncClient(base_url=f"{url}/api/plugins", headers=headers, trust_env=False, timeout=WITHIN)


async def sent(
    asked: httpx.AsyncClient, file: bytes, path: str = "/contacts/imports", kind: str = "text/csv", **query: Any
) -> httpx.Response:
    return await asked.post(path, content=file, params=query, headers={"Content-Type": kind})


async def imported(asked: httpx.AsyncClient, file: bytes, **query: Any) -> dict[str, Any]:
    begun = await sent(asked, file, **query)
    assert begun.status_code == 202, begun.text
    return await until(asked, begun.json(), lambda told: told["state"] != "running")


async def until(
    asked: httpx.AsyncClient, begun: dict[str, Any], enough: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return how an import stands once that is so."""
    async with asyncio.timeout(WITHIN):
        while True:
            told: dict[str, Any] = (await asked.get(f"/contacts/imports/{begun['id']}")).json()
            if enough(told):
                return told
            await asyncio.sleep(0.01)


async def refused(asked: httpx.AsyncClient, told: dict[str, Any], limit: int = 100) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    after = 0
    while True:
        page = (
            await asked.get(f"/contacts/imports/{told['id']}/refused", params={"after": after, "limit": limit})
        ).json()
        if not page["refused"]:
            return found
        found += [(each["line"], each["reason"]) for each in page["refused"]]
        after = page["after"]


async def everybody(asked: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await asked.get("/contacts/people", params={"limit": 500, "offset": len(found), **query})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["contacts"]
        if len(found) >= page["total"]:
            return found
