"""`INSERT ... ON CONFLICT`, which SQLite and PostgreSQL both have but SQLAlchemy spells by dialect.

Each statement is built once: building one costs SQLAlchemy more than running it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table


def insert_or_replace(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; one with a known primary key takes the place of the old one. No key may stand in `rows` twice."""
    if rows:
        connection.execute(_replacing(connection.dialect.name, table), rows)


def insert_if_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, but none of which a unique column is known already."""
    if rows:
        connection.execute(_if_new(connection.dialect.name, table), rows)


def insert_and_tell_new(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], column: str
) -> frozenset[str]:
    """Insert rows, but none that is known already; return the new ones' value of `column`."""
    if len(rows) == 1:  # the common case, without the cost of RETURNING
        done = connection.execute(_if_new(connection.dialect.name, table), rows[0])
        return frozenset([rows[0][column]]) if done.rowcount == 1 else frozenset()
    if not rows:
        return frozenset()
    return frozenset(connection.execute(_telling_new(connection.dialect.name, table, column), rows).scalars())


def _insert(dialect: str, table: Table) -> Any:
    """Return the dialect's own INSERT; the two have the same methods, but no common type."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


@cache
def _replacing(dialect: str, table: Table) -> Any:
    insert = _insert(dialect, table)
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=fresh)


@cache
def _if_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@cache
def _telling_new(dialect: str, table: Table, column: str) -> Any:
    return _if_new(dialect, table).returning(table.c[column])
