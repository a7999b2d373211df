"""A plugin's own tables, beside the hub's in the same database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from hub.errors import Problem, UserError
from hub.store import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, MetaData

    from hub.store.reader import Reader
    from hub.store.writer import Writer

T = TypeVar("T")


_READING_AT_ONCE = 4


class Database:
    """What a plugin gets to work with its tables."""

    def __init__(self, writer: Writer, reader: Reader, plugin: str) -> None:
        self._writer = writer
        self._reader = reader
        self._threads = ThreadPoolExecutor(_READING_AT_ONCE, thread_name_prefix=f"phonehub-read-{plugin}")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call `work(connection)` on the store's own thread, in a transaction; returns what it returned.

        What it raises is raised here, and nothing of it is kept. It holds up all other writing, so it should be short.
        """
        return await self._writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work(connection)` on a thread of the plugin's own, where it sees one state and cannot write.

        It holds up nobody, however long it takes. Raises `UserError` if the database cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._reader.read, work)

    def close(self) -> None:
        """Begin to read no more; what is being read is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_tables(plugin: str, tables: MetaData) -> None:
    """Raise `UserError` naming each table that does not start with the plugin's name and an underscore."""
    wrong = [name for name in sorted(tables.tables) if not name.startswith(f"{plugin}_")]
    if wrong:
        remedy = "a plugin's tables begin with its name, so that no two meet"
        raise UserError(
            *(Problem(f"plugin {plugin}: table {name}", f"call it {plugin}_{name}", remedy) for name in wrong)
        )


def prepare(plugin: str, tables: MetaData, migrations: Path | None) -> Callable[[Connection], None]:
    """Return the work that makes a plugin's tables, or brings them up to date by its revisions where it has any."""

    def work(connection: Connection) -> None:
        if migrations is not None and migrations.is_dir():
            migrate.upgrade(connection, f"{plugin}_version", migrations)
        else:
            tables.create_all(connection)

    return work
