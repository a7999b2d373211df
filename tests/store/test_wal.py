"""How SQLite's write-ahead log is kept: commits do not lengthen it, nor copy it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from call_samples import action, ringing
from sqlalchemy import event

from hub.store import engine, writer
from hub.store.store import Limits, Store
from hub.store.wal import ROOM

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenStore, Troubles


class Rests:
    """Tells when a writer has copied its log, and lets that fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.came = asyncio.Event()
        self.statement = ""
        loop, checkpoint = asyncio.get_running_loop(), writer.checkpoint

        def noticed(connection: Any) -> None:
            try:
                if self.statement:
                    connection.exec_driver_sql(self.statement)
                checkpoint(connection)
            finally:
                loop.call_soon_threadsafe(self.came.set)

        monkeypatch.setattr(writer, "checkpoint", noticed)


@pytest.fixture
async def rests(monkeypatch: pytest.MonkeyPatch) -> Rests:
    return Rests(monkeypatch)


def claims_without_log(path: Path) -> list[str]:
    """Return what the database's own file holds: not even tables, at first."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as other:
        if not other.execute("SELECT name FROM sqlite_master WHERE name = 'claims'").fetchall():
            return []
        return [key for (key,) in other.execute("SELECT key FROM claims ORDER BY key")]


async def test_commits_neither_lengthen_the_log_nor_copy_it(path: Path, store: Store) -> None:
    log = path.with_name(f"{path.name}-wal")
    room = log.stat().st_size
    assert ROOM * 0.9 < room <= ROOM * 1.1
    for number in range(300):  # 600 pages and more
        assert await store.claim(f"k{number}")
    assert log.stat().st_size == room
    assert claims_without_log(path) == []


async def test_the_log_is_copied_when_there_is_nothing_to_do(path: Path, open_store: OpenStore, rests: Rests) -> None:
    store = await open_store(limits=Limits(rest_after=0.01))
    assert await store.claim("k")
    await rests.came.wait()
    assert claims_without_log(path) == ["k"]


async def test_the_log_is_copied_though_there_is_always_something_to_do(
    path: Path, open_store: OpenStore, rests: Rests
) -> None:
    store = await open_store(limits=Limits(rest_after=3600, busy_for=2))
    assert await store.claim("a")
    assert claims_without_log(path) == []
    assert await store.claim("b")
    await rests.came.wait()
    assert claims_without_log(path) == ["a", "b"]


async def test_a_log_that_cannot_be_copied_is_told_and_copied_later(
    path: Path, open_store: OpenStore, rests: Rests, troubles: Troubles
) -> None:
    store = await open_store(limits=Limits(rest_after=0.01))
    rests.statement = "SELECT 1"  # that begins a transaction, inside of which a copy is refused
    assert await store.claim("a")
    await troubles.until(bool)
    assert "locked" in str(troubles.told[0])
    rests.statement = ""
    rests.came.clear()
    assert await store.claim("b")
    await rests.came.wait()
    assert claims_without_log(path) == ["a", "b"]
    assert troubles.told[1:] == [None]


async def test_a_disk_without_room_for_a_log_keeps_nobody_from_opening(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = engine.writer_engine

    def on_a_full_disk(*arguments: Any) -> Any:
        made = prepared(*arguments)
        event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=100").close())
        return made

    monkeypatch.setattr("hub.store.store.writer_engine", on_a_full_disk)
    store = await open_store()
    assert await store.claim("k")


async def test_a_claim_right_after_a_call_waits_for_one_commit(store: Store) -> None:
    begun: list[str] = []
    await store.flush()
    event.listen(store._engine, "begin", lambda _: begun.append("one"))
    store.record_call(ringing(), "m1")
    await asyncio.sleep(0)
    assert await store.claim("k")
    assert begun == ["one"]
    assert [entry.id for entry in await store.calls("alice")] == [ringing().id]


async def test_what_nobody_waits_for_is_written_soon(open_store: OpenStore) -> None:
    store = await open_store(limits=Limits(gather=0.001))
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    event.listen(store._engine, "commit", lambda _: loop.call_soon_threadsafe(written.set))
    await store.record_action(action())
    await written.wait()
