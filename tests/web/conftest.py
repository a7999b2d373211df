from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx
import pytest
from web_host import Office

from hub.rules.folders import Folder, Library
from hub.rules.load import Loader
from hub.rules.vocabulary import Vocabulary
from hub.store.store import Store
from hub.web import tokens
from hub.web.server import ApiServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    await store.open()
    library = Library(Loader(Vocabulary()), [Folder(tmp_path / "rules", "user"), Folder(tmp_path / "locked", "admin")])
    office = Office(store, library)
    async with asyncio.TaskGroup() as tasks:
        connections = [tasks.create_task(phone.connection.run()) for phone in office.phones.values()]
        await office.until(lambda: all(phone.state == "connected" for phone in office.phones.values()))
        yield office
        for connection in connections:
            connection.cancel()
    await store.close()


@pytest.fixture
async def server(office: Office, tmp_path: Path) -> AsyncIterator[ApiServer]:
    server = ApiServer(office, state=tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def token(server: ApiServer, tmp_path: Path) -> Callable[[str], str]:  # noqa: ARG001  it makes them
    return lambda user: tokens.read(tmp_path, user)


@pytest.fixture
async def as_user(server: ApiServer, token: Callable[[str], str]) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    async with AsyncExitStack() as clients:
        made = {
            user: await clients.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"{server.url}/api", headers={"Authorization": f"Bearer {token(user)}"}, trust_env=False
                )
            )
            for user in ("alice", "bob")
        }
        yield made.__getitem__


@pytest.fixture
def alice(as_user: Callable[[str], httpx.AsyncClient]) -> httpx.AsyncClient:
    return as_user("alice")


@pytest.fixture
def bob(as_user: Callable[[str], httpx.AsyncClient]) -> httpx.AsyncClient:
    return as_user("bob")
