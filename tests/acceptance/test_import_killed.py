"""A real hub is killed in the middle of an import."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from contacts_client import client_at, everybody, imported, sent, token_of, until
from small_office import HubProcess, office

from hub.testing.harness import simulated_office, write_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

ROWS = 100_000
MINE = {"last": "Last7", "note": "mine", "numbers": [{"text": "1007"}]}


@asynccontextmanager
async def speaking(hub: HubProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Start the hub; yield a client once it answers."""
    state = hub.path.parent / "state"
    (state / "api.json").unlink(missing_ok=True)
    await hub.start()
    async with asyncio.timeout(30):
        while not (state / "api.json").exists():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)
    url = json.loads((state / "api.json").read_text())["url"]
    async with client_at(url, token_of(state, "alice")) as asked:
        yield asked


@pytest.mark.timeout(120)
@pytest.mark.feature("CON-06")
async def test_of_an_import_that_is_killed_nothing_is_there_and_the_next_one_works(tmp_path: Path) -> None:
    rows = [f"Last{number},1{number % 1000:03},Company {number % 97}\n" for number in range(ROWS)]
    file = f"Last Name,Phone,Company\n{''.join(rows)}".encode()
    async with simulated_office(office()) as outside:
        hub = HubProcess(write_config(tmp_path, outside.server))
        try:
            async with speaking(hub) as alice:
                mine = (await alice.post("/contacts/people", json=MINE)).json()
                begun = (await sent(alice, file, duplicates="merge")).json()
                told = await until(alice, begun, lambda told: told["added"] > 2000)
                assert (told["state"], told["merged"]) == ("running", 1)
                await hub.kill()
            async with speaking(hub) as alice:
                assert (await alice.get("/contacts/imports")).json() == []
                (left,) = await everybody(alice, show="personal")
                assert left == mine
                told = await imported(alice, b"".join(file.splitlines(keepends=True)[:500]), duplicates="merge")
                assert (told["state"], told["added"], told["merged"]) == ("done", 498, 1)
                found = await everybody(alice, show="personal")
                assert len(found) == 499
                assert [each["company"] for each in found if each["note"] == "mine"] == ["Company 7"]
        finally:
            if hub.process is not None and hub.process.returncode is None:
                assert await hub.end() == 0
    with sqlite3.connect(tmp_path / "state" / "hub.db") as database:
        assert database.execute("SELECT count(*) FROM contacts_pending").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM contacts_contacts WHERE batch = 1").fetchone() == (0,)
    database.close()
