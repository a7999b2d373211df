from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from call_samples import NOON, action, over, ringing
from sqlalchemy import Column, Integer, MetaData, Table, Text, delete, func, insert, select, text

from hub.core.call import Outcome
from hub.store import migrate, tables
from hub.store.store import Keep, Limits, PostState, Sort
from hub.store.trouble import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import OpenStore, Troubles
    from sqlalchemy import Connection

pytestmark = pytest.mark.peer


def found(program: str) -> str | None:
    """Return where a program of the server is: Debian keeps them out of the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(program, path=os.pathsep.join([os.environ["PATH"], *map(str, debian)]))


class Server:
    """A PostgreSQL server on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # the server refuses to run as root; in a user namespace we are somebody else to it
        self.prefix = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
        self.url = f"postgresql://hub@/postgres?host={folder}"
        make = [*self.prefix, str(found("initdb")), "-D", folder / "data", "-U", "hub", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*make, "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [
            *self.prefix,
            str(found("postgres")),
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            "-c",
            "listen_addresses=",
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        assert self.process.stderr is not None
        assert any("ready to accept connections" in line for line in self.process.stderr)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate()
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    missing = [program for program in ("postgres", "initdb") if not found(program)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"not installed: {missing}")
    if missing:
        pytest.skip(f"not installed: {missing}")
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.mark.feature("HIST-01", "RULE-12", "RULE-08", "CALL-21")
async def test_everything_is_kept_in_postgresql_too(server: Server, open_store: OpenStore) -> None:
    store = await open_store(url=server.url, keep=Keep(most_calls=4), limits=Limits(tidy_after=1))
    assert await asyncio.gather(*(store.claim("k") for _ in range(3)), store.claim("k2")) == [True, False, False, True]
    store.record_call(ringing("1"), "m1")
    await store.flush()
    store.record_call(over(ringing("1"), Outcome.MISSED), "m2")
    store.record_call(ringing("2", started=NOON + timedelta(hours=1)), "m3")
    hostile = replace(ringing("3").party, name="a\0b\ud800'; DROP TABLE calls; --")
    store.record_call(ringing("3", "bob", party=hostile), "b1")
    await store.record_action(action("k1", output="\0"))
    await store.record_action(action("k1"))
    await store.add_note("alice", "1.alice", "Called Back")

    assert [entry.conversation for entry in await store.calls("alice")] == ["2", "1"]
    assert [entry.conversation for entry in await store.calls("alice", search="555-1234")] == ["2", "1"]
    assert [entry.conversation for entry in await store.calls("alice", search="called back")] == ["1"]
    assert [entry.conversation for entry in await store.calls("alice", outcome=Outcome.MISSED)] == ["1"]
    assert await store.open_calls("bob") == [ringing("3", "bob", party=hostile)]
    assert await store.former_calls("alice") == ["1.alice"]
    assert [record.output for record in await store.actions("alice")] == ["\ufffd"]
    for number in range(6):
        store.record_call(over(ringing(f"n{number}", started=NOON + timedelta(days=1, hours=number))), "m4")
    await store.flush()
    await store.claim("tidy again")
    kept = [entry.conversation for entry in await store.calls("alice")]
    assert kept == ["n5", "n4", "n3", "n2", "2"]
    await store.close()

    again = await open_store(url=server.url)
    assert await again.mark("alice") == "m4"
    assert not await again.claim("k2")


@pytest.mark.feature("HIST-02", "HIST-04")
async def test_what_is_to_be_posted_and_what_is_deleted_in_postgresql(server: Server, open_store: OpenStore) -> None:
    store = await open_store(url=server.url, journals=lambda _call: ("crm", "sheet"))
    for number in range(3):
        store.record_call(over(ringing(str(number), started=NOON + timedelta(hours=number))))
    store.record_call(ringing("3"))
    await store.flush()
    post = await store.next_post("alice", "crm")
    assert post is not None
    assert (post.call, post.state, post.ended) == ("0.alice", PostState.WAITING, NOON + timedelta(seconds=10))
    store.record_call(over(ringing("0")))
    await store.flush()
    assert await store.next_post("alice", "crm") == post, "the key stays"
    await store.change_post(post, state=PostState.SET_ASIDE.value, attempts=1, body="{}", reason="no")
    await store.postpone_posts("alice", "crm", NOON + timedelta(days=1))
    assert (await store.journal("alice", "crm")).due == NOON + timedelta(days=1)
    stands = [await store.journal("alice", name) for name in ("crm", "sheet")]
    assert [(each.waiting, each.set_aside) for each in stands] == [(2, 1), (3, 0)]
    assert await store.post_again("alice", "crm") == 1
    assert [entry.conversation for entry in await store.calls("alice", sort=Sort.NAME)] == ["2", "1", "3", "0"]
    assert await store.delete_call("alice", "2.alice")
    assert await store.delete_calls("alice", NOON + timedelta(minutes=1)) == 1
    assert [entry.conversation for entry in await store.calls("alice")] == ["1", "3"]
    assert {each.call for each in await store.posts("alice")} == {"1.alice"}


async def test_who_reads_sees_one_state_and_cannot_write(server: Server, open_store: OpenStore) -> None:
    store = await open_store(url=server.url)
    database = await store.database("probe", MetaData())
    counted, written = threading.Event(), threading.Event()

    def twice(connection: Connection) -> list[int | None]:
        count = select(func.count()).select_from(tables.calls)
        first = connection.execute(count).scalar()
        counted.set()
        assert written.wait(30)
        return [first, connection.execute(count).scalar()]

    store.record_call(over(ringing("1")))
    await store.flush()
    reading = asyncio.create_task(database.read(twice))
    assert await asyncio.to_thread(counted.wait, 30)
    store.record_call(over(ringing("2")))
    await store.flush()
    written.set()
    assert await reading == [1, 1]
    with pytest.raises(StoreError, match="read-only"):
        await database.read(lambda connection: connection.execute(delete(tables.calls)))
    assert len(await store.calls("alice")) == 2


async def test_tables_are_as_the_revisions_make_them(server: Server, open_store: OpenStore) -> None:
    store = await open_store(url=server.url)
    plugin = MetaData()
    lookups = Table("crm_lookups", plugin, Column("id", Integer, primary_key=True), Column("name", Text))
    database = await store.database("crm", plugin)
    await database.run(lambda connection: connection.execute(insert(lookups), {"name": "Bob"}))
    assert await database.run(lambda connection: connection.execute(select(lookups.c.name)).scalars().all()) == ["Bob"]

    def differences(connection: object) -> list[object]:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.OWN_VERSIONS})  # type: ignore[arg-type]
        found = compare_metadata(context, tables.metadata)
        return [each for each in found if "crm_" not in str(each)]

    assert await database.run(differences) == []
    with pytest.raises(Exception, match="does not exist"):
        await database.run(lambda connection: connection.execute(text("SELECT * FROM nowhere")))
    assert await store.claim("k")


@pytest.mark.feature("HIST-01")
async def test_a_server_that_goes_and_comes_back_gets_what_waited(
    server: Server, open_store: OpenStore, troubles: Troubles
) -> None:
    store = await open_store(url=server.url, limits=Limits(retry_first=0.01, retry_last=0.05))
    assert await store.claim("before")
    await asyncio.to_thread(server.stop)
    store.record_call(ringing(), "m1")
    await troubles.until(bool)
    with pytest.raises(StoreError):
        await store.claim("meanwhile")
    await asyncio.to_thread(server.start)
    await troubles.until(lambda told: told[-1] is None)
    assert await store.mark("alice") == "m1"
    assert len(await store.open_calls("alice")) == 1
    assert await store.claim("meanwhile")
