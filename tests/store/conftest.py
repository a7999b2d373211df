from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from call_samples import NextDay

from hub.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hub.errors import Problem


class OpenStore(Protocol):
    """Opens a store that is closed after the test."""

    async def __call__(self, **options: Any) -> Store: ...


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hub.sqlite3"


@pytest.fixture
def troubles() -> list[Problem | None]:
    return []


@pytest.fixture
async def open_store(path: Path, troubles: list[Problem | None]) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as opened:

        async def open_one(**options: Any) -> Store:
            options = {"url": f"sqlite:///{path}", "clock": NextDay(), "on_trouble": troubles.append, **options}
            store = Store(**options)
            await store.open()
            opened.push_async_callback(store.close)
            return store

        yield open_one


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
