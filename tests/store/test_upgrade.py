from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from call_samples import ringing
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, text

from hub.errors import UserError
from hub.store import migrate, tables
from hub.store.engine import make_private, url_of, writer_engine

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenStore
    from sqlalchemy import Connection

    from hub.store.store import Store

REVISIONS = [script.revision for script in ScriptDirectory(str(migrate._HERE)).walk_revisions()]


@pytest.mark.parametrize("revision", [None, *REVISIONS])
async def test_every_former_revision_becomes_todays(path: Path, open_store: OpenStore, revision: str | None) -> None:
    make_private(path)
    engine = writer_engine(url_of(f"sqlite:///{path}"), 5)
    if revision is not None:
        with engine.begin() as connection:
            migrate.upgrade(connection, to=revision)
    store = await open_store()
    store.record_call(ringing())
    await store.flush()
    with engine.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": migrate.OWN_VERSIONS,
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, _kind, _of: not (name or "").startswith("call_words"),
            },
        )
        assert context.get_current_revision() == migrate.latest()
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


async def test_an_old_database_is_copied_before_it_is_changed(
    path: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, newer_revision: Path
) -> None:
    before = await open_store()
    before.record_call(ringing(), "m1")
    await before.close()
    assert _names(path) == ["hub.sqlite3"]

    monkeypatch.setattr(migrate, "_VERSIONS", newer_revision)
    after = await open_store()
    assert await after.mark("alice") == "m1"
    copy = path.with_name(f"hub.sqlite3.before-{REVISIONS[0]}")
    assert _mode(copy) == 0o600
    with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(path)) as new:
        assert old.execute("SELECT mark FROM marks").fetchall() == [("m1",)]
        assert "added" not in old.execute("SELECT sql FROM sqlite_master WHERE name = 'marks'").fetchone()[0]
        assert "added" in new.execute("SELECT sql FROM sqlite_master WHERE name = 'marks'").fetchone()[0]
    await after.close()
    await open_store()
    assert _names(path) == ["hub.sqlite3", "hub.sqlite3-shm", "hub.sqlite3-wal", copy.name]


async def test_a_revision_that_fails_leaves_the_database_as_it_was(
    path: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, newer_revision: Path
) -> None:
    await (await open_store()).close()
    content = _content(path)
    _add(newer_revision / "r0002_newer.py", "    op.execute('nonsense')\n")
    monkeypatch.setattr(migrate, "_VERSIONS", newer_revision)
    with pytest.raises(UserError, match="syntax error"):
        await open_store()
    assert _content(path) == content


async def test_the_database_of_a_newer_version_is_refused(path: Path, open_store: OpenStore) -> None:
    await (await open_store()).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {migrate.OWN_VERSIONS} SET version_num = '9999'")  # noqa: S608  a constant
    with pytest.raises(UserError) as refusal:
        await open_store()
    (problem,) = refusal.value.problems
    assert (problem.place, "newer version" in problem.cause) == (str(path), True)
    assert "install that version again" in problem.remedy
    assert _names(path) == ["hub.sqlite3"]


@pytest.fixture
def newer_revision(tmp_path: Path) -> Path:
    """The hub's revisions and one more."""
    folder = tmp_path / "versions"
    folder.mkdir()
    for file in (migrate._HERE / "versions").glob("r*.py"):
        (folder / file.name).write_text(file.read_text())
    (folder / "r0002_newer.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9000', {REVISIONS[0]!r}\n"
        "def upgrade():\n    op.add_column('marks', sa.Column('added', sa.Text))\n"
    )
    return folder


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _add(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def _names(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


# --- plugins' tables ---

PLUGIN = MetaData()
LOOKUPS = Table("crm_lookups", PLUGIN, Column("id", Integer, primary_key=True), Column("name", Text))


async def test_a_plugin_works_with_tables_of_its_own(open_store: OpenStore) -> None:
    first = await open_store()
    database = await first.database("crm", PLUGIN)
    await database.run(lambda connection: connection.execute(insert(LOOKUPS), {"name": "Bob"}))
    await first.close()
    second = await open_store()
    database = await second.database("crm", PLUGIN)
    assert await database.run(_names_looked_up) == ["Bob"]


def _names_looked_up(connection: Connection) -> list[str]:
    return list(connection.execute(select(LOOKUPS.c.name)).scalars())


async def test_what_a_plugins_work_raises_is_the_plugins_and_undoes_it(store: Store) -> None:
    database = await store.database("crm", PLUGIN)

    def fail(connection: Connection) -> None:
        connection.execute(insert(LOOKUPS), {"name": "Bob"})
        raise SystemExit("no more")

    with pytest.raises(SystemExit):
        await database.run(fail)
    with pytest.raises(Exception, match="no such table"):
        await database.run(lambda connection: connection.execute(text("SELECT * FROM nowhere")))
    assert await database.run(_names_looked_up) == []
    store.record_call(ringing())
    await store.flush()
    assert await store.claim("k")


async def test_a_plugins_tables_carry_its_name(store: Store) -> None:
    wrong = MetaData()
    Table("calls", wrong, Column("id", Integer, primary_key=True))
    Table("crmlookups", wrong, Column("id", Integer, primary_key=True))
    with pytest.raises(UserError) as refusal:
        await store.database("crm", wrong)
    assert [problem.cause for problem in refusal.value.problems] == ["call it crm_calls", "call it crm_crmlookups"]


async def test_a_plugins_revisions_are_run_in_order_and_once(tmp_path: Path, open_store: OpenStore) -> None:
    versions = tmp_path / "migrations"
    versions.mkdir()
    (versions / "one.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '1', None\n"
        "def upgrade():\n    op.create_table('crm_lookups', sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    first = await open_store()
    await first.database("crm", PLUGIN, versions)
    with pytest.raises(Exception, match="no such column"):
        await (await first.database("crm", PLUGIN, versions)).run(_names_looked_up)
    await first.close()

    (versions / "two.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '2', '1'\n"
        "def upgrade():\n    op.add_column('crm_lookups', sa.Column('name', sa.Text))\n"
    )
    second = await open_store()
    database = await second.database("crm", PLUGIN, versions)
    assert await database.run(_names_looked_up) == []
    versions_of = text("SELECT version_num FROM crm_version")
    assert await database.run(lambda connection: connection.execute(versions_of).scalars().all()) == ["2"]
    other = await second.database("crm2", MetaData(), tmp_path / "nothing here")
    assert await other.run(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
