"""SQLite's write-ahead log, kept so that a commit waits for little: a log that need not grow, copied while at rest."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROOM = 4 << 20
"""Bytes of log there are from the start: writing over them is durable a third sooner than making a file longer."""

_COPY = "PRAGMA wal_checkpoint(PASSIVE)"


def make_room(connection: Connection, size: int = ROOM) -> None:
    """Lengthen the log to `size` bytes, by a transaction that is too large for the cache and is undone."""
    if connection.dialect.name != "sqlite":
        return
    cache = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    try:
        connection.exec_driver_sql("PRAGMA cache_size=10")
        with contextlib.suppress(OperationalError):  # a full disk is told of when there is something to write
            connection.exec_driver_sql("CREATE TABLE room (zeros BLOB)")
            connection.exec_driver_sql("INSERT INTO room VALUES (zeroblob(?))", (size,))
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"PRAGMA cache_size={cache}")
        connection.rollback()


def checkpoint(connection: Connection) -> None:
    """Copy what is in the log into the database, so that the log begins anew; to be called between transactions.

    Whoever reads is not waited for: what cannot be copied yet stays in the log. Raises `OperationalError`.
    """
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection  # by SQLAlchemy it would be inside of a transaction
    try:
        driver.execute(_COPY).close()
    except sqlite3.Error as error:
        raise OperationalError(_COPY, None, error) from None
