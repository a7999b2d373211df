from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from call_samples import action, busy, over, ringing
from sqlalchemy import MetaData

from hub.errors import UserError
from hub.store.store import Limits, Store
from hub.store.trouble import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import OpenStore, Troubles

    from hub.errors import Problem
    from hub.store.database import Database

QUICKLY = Limits(retry_first=0.01, retry_last=0.05)


@contextlib.contextmanager
def held_by_another_program(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def database(store: Store) -> Database:
    return await store.database("probe", MetaData())


@pytest.mark.feature("HIST-01")
async def test_a_locked_database_is_told_once_and_written_later(
    path: Path, open_store: OpenStore, troubles: Troubles
) -> None:
    store = await open_store(patience=0.01, limits=QUICKLY)
    with held_by_another_program(path):
        store.record_call(ringing("1"), "m1")
        await troubles.until(bool)
        store.record_call(over(ringing("1")), "m2")
        store.record_call(ringing("2"), "m3")
        with pytest.raises(StoreError, match="another program keeps it locked"):
            await store.claim("k")
        with pytest.raises(StoreError, match="locked"):
            await store.flush()
        assert await store.calls("alice") == []
    await troubles.until(lambda told: None in told)
    assert len(troubles.told) == 2
    assert troubles.told[0] is not None
    assert (troubles.told[0].place, bool(troubles.told[0].remedy)) == (str(path), True)
    assert [entry.conversation for entry in await store.calls("alice")] == ["2", "1"]
    assert [call.conversation for call in await store.open_calls("alice")] == ["2"]
    assert await store.mark("alice") == "m3"
    assert await store.claim("k"), "what was refused was not claimed"


@pytest.mark.feature("HIST-01")
async def test_a_full_disk_keeps_records_waiting(open_store: OpenStore, troubles: Troubles) -> None:
    store = await open_store(limits=QUICKLY)
    probe = await database(store)
    pages = await probe.run(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    await probe.run(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    for number in range(100):
        store.record_call(ringing(str(number), device="x" * 1000), f"m{number}")
    await store.record_action(action())
    await troubles.until(bool)
    assert troubles.told[0] is not None
    assert "the disk is full" in str(troubles.told[0])
    # a new connection is not bound by the old one's limit: there is room again
    await troubles.until(lambda told: None in told)
    await store.flush()
    assert len(await store.open_calls("alice")) == 100
    assert await store.mark("alice") == "m99"
    assert len(await store.actions("alice")) == 1


async def test_what_waits_is_bounded_and_the_loss_is_told(
    path: Path, open_store: OpenStore, troubles: Troubles
) -> None:
    store = await open_store(patience=0.01, limits=Limits(most_waiting=10, retry_first=0.01, retry_last=0.01))
    with held_by_another_program(path):
        store.record_call(ringing("open"))
        for number in range(20):
            store.record_call(over(ringing(str(number))))
            await store.record_action(action(f"k{number}"))
        await troubles.until(lambda told: _lost(told) == 21)
    await troubles.until(lambda told: None in told)
    kept = {entry.conversation for entry in await store.calls("alice")}
    assert kept == {"open", *(str(number) for number in range(11, 20))}
    assert len(await store.actions("alice")) == 10


def _lost(told: list[Problem | None]) -> int:
    return sum(int(found[1]) for problem in told if (found := re.search(r"records lost: (\d+)", str(problem))))


async def test_a_read_only_database_is_told(open_store: OpenStore, troubles: Troubles) -> None:
    store = await open_store(limits=QUICKLY)
    probe = await database(store)
    await probe.run(lambda c: c.exec_driver_sql("PRAGMA query_only=ON"))
    store.record_call(ringing())
    await troubles.until(lambda told: None in told)
    assert troubles.told[0] is not None
    assert "it may not be written" in str(troubles.told[0])
    assert len(await store.calls("alice")) == 1


async def test_a_record_that_no_database_takes_does_not_hold_up_the_others(
    open_store: OpenStore, troubles: Troubles
) -> None:
    store = await open_store()
    store.record_call(ringing("1"), "m1")
    await store.record_action(action("bad", exit_status=1 << 80))
    await store.record_action(action("good"))
    store.record_call(ringing("2", "bob"), "m2")
    assert await asyncio.gather(store.claim("k"), store.claim("k")) == [True, False]
    await store.flush()
    assert [record.key for record in await store.actions("alice")] == ["good"]
    assert len(await store.calls("alice")) == len(await store.calls("bob")) == 1
    assert (await store.mark("alice"), await store.mark("bob")) == ("m1", "m2")
    assert len(troubles.told) == 1
    assert "one record cannot be written" in str(troubles.told[0])


@pytest.mark.parametrize(
    "content", [b"this is no database, however long it is" * 200, b"SQLite format 3\0" + b"\xff" * 8000]
)
async def test_a_damaged_database_is_refused_with_its_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hub.sqlite3"
    path.write_bytes(content)
    store = Store(f"sqlite:///{path}")
    with pytest.raises(UserError) as refusal:
        await store.open()
    (problem,) = refusal.value.problems
    assert problem.place == str(path)
    assert "move it away to begin anew" in problem.remedy
    assert path.read_bytes() == content, "nothing was done to it"
    await store.close()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written.*hub\.state"):
        await Store(f"sqlite:///{tmp_path / 'file' / 'hub.sqlite3'}").open()


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("nonsense", "no database URL"),
        ("mysql://me:secret@host/db", "not supported"),
        ("nosuch://me:secret@host/db", "no database called 'nosuch'"),
        ("sqlite://", "forgets everything"),
        ("sqlite:///:memory:", "forgets everything"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_its_password(url: str, cause: str) -> None:
    with pytest.raises(UserError, match=cause) as refusal:
        Store(url)
    assert "secret" not in str(refusal.value)
    assert refusal.value.problems[0].remedy


async def test_closing_gives_up_after_its_deadline(path: Path, open_store: OpenStore, troubles: Troubles) -> None:
    store = await open_store(patience=0.05)
    with held_by_another_program(path):
        store.record_call(ringing())
        await store.close()
    await troubles.until(lambda told: _lost(told) == 1)
    with pytest.raises(RuntimeError, match="not open"):
        store.record_call(ringing())


async def test_after_closing_nothing_is_taken(open_store: OpenStore) -> None:
    store = await open_store()
    probe = await database(store)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await probe.run(lambda _: None)
    with pytest.raises(RuntimeError, match="not open"):
        await store.claim("k")


async def test_too_many_requests_are_refused(open_store: OpenStore) -> None:
    store = await open_store(limits=Limits(most_waiting=3))
    async with busy(store):
        waiting = [asyncio.create_task(store.claim(str(number))) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match="3 requests wait already"):
            await store.claim("one too many")
    assert await asyncio.gather(*waiting) == [True] * 3


@pytest.mark.feature("HIST-01", "PLUG-02")
async def test_who_holds_up_the_threads_that_all_share_does_not_hold_up_the_store(path: Path) -> None:
    loop, let_go = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    held_up = loop.run_in_executor(None, let_go.wait)
    store = Store(f"sqlite:///{path}")
    try:
        async with asyncio.timeout(20):
            await store.open()
            store.record_call(ringing("1"), "m1")
            await store.flush()
            assert [entry.id for entry in await store.calls("alice")] == ["1.alice"]
            await store.close()
    finally:
        let_go.set()
        await held_up
