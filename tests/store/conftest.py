from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from call_samples import NextDay

from hub.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from hub.errors import Problem


class OpenStore(Protocol):
    """Opens a store that is closed after the test."""

    async def __call__(self, **options: Any) -> Store: ...


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hub.sqlite3"


class Troubles:
    """What a store told of its troubles; None is the end of one."""

    def __init__(self) -> None:
        self.told: list[Problem | None] = []
        self._came = asyncio.Event()

    def tell(self, problem: Problem | None) -> None:
        self.told.append(problem)
        self._came.set()

    async def until(self, holds: Callable[[list[Problem | None]], object]) -> None:
        """Wait until what was told so far is enough."""
        while not holds(self.told):
            self._came.clear()
            await self._came.wait()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
async def open_store(path: Path, troubles: Troubles) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as opened:

        async def open_one(**options: Any) -> Store:
            options = {"url": f"sqlite:///{path}", "clock": NextDay(), "on_trouble": troubles.tell, **options}
            store = Store(**options)
            await store.open()
            opened.push_async_callback(store.close)
            return store

        yield open_one


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
