"""Connections to the database: one way in for the writer, another for those who read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hub.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_OWNER_ONLY_FILE, _OWNER_ONLY_FOLDER = 0o600, 0o700


def url_of(text: str) -> URL:
    """Read a database URL; raises `UserError` for one that cannot be used."""
    remedy = "write sqlite:///PATH or postgresql+psycopg://USER:${keyring:phonehub/database}@HOST/NAME"
    try:
        url = make_url(text)
        url.get_dialect()
    except NoSuchModuleError:
        raise UserError.of(f"there is no database called {url.drivername!r}", remedy, "hub.database") from None
    except ArgumentError:
        raise UserError.of("this is no database URL", remedy, "hub.database") from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise UserError.of(f"{url.get_backend_name()} is not supported", remedy, "hub.database")
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise UserError.of("a database in memory forgets everything", "write sqlite:///PATH", "hub.database")
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def path_of(url: URL) -> Path | None:
    """Return the file of an SQLite database, None for another."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make_private(path: Path) -> None:
    """Make the database's file and folder, or take from others what rights they have on the file.

    SQLite gives the files beside it (`-wal`, `-shm`) the same rights. Raises `UserError` if it may not.
    """
    try:
        path.parent.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY_FILE)
        os.close(descriptor)
        path.chmod(_OWNER_ONLY_FILE)
    except OSError as error:
        remedy = "give your user the right to write there, or set hub.state to another folder"
        raise UserError.of(f"cannot be written: {error.strerror}", remedy, str(path)) from None


def writer_engine(url: URL, patience: float) -> Engine:
    """Return the engine of the one who writes: each transaction is durable when it is committed.

    `patience` is for how many seconds it waits while another program holds the database. SQLite's log is never copied
    into the database by a commit, which would make somebody wait for that: see `hub.store.wal`.
    """
    pragmas = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0")
    return _engine(url, patience, "BEGIN IMMEDIATE", *pragmas)


def reader_engine(url: URL, patience: float) -> Engine:
    """Return an engine that cannot write, never waits for the one who does, and in a transaction sees one state."""
    engine = _engine(url, patience, "BEGIN", "PRAGMA query_only=ON")
    if url.get_backend_name() == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _engine(url: URL, patience: float, begin: str, *pragmas: str) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": max(1, round(patience))}
    if url.get_backend_name() == "sqlite":
        arguments = {"timeout": patience, "check_same_thread": False}
    try:
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=url.get_backend_name() != "sqlite")
    except ImportError as error:
        raise UserError.of(
            f"the database driver is not installed: {error.name}", 'pip install "phonehub[postgresql]"', "hub.database"
        ) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare(pragmas))
        event.listen(engine, "begin", _begin(begin))
    return engine


def _prepare(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    """Python's own driver would begin transactions late and end them at DDL; this leaves both to SQLAlchemy."""

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    return prepare


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
