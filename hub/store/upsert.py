"""`INSERT ... ON CONFLICT`, which SQLite and PostgreSQL both have but SQLAlchemy spells by dialect.

Each statement is built once: building one costs SQLAlchemy more than running it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Dialect, Table


def insert_or_replace(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unless: str | None = None
) -> None:
    """Insert rows with all columns; one with a known primary key takes the place of the old one.

    It does not where the old one has a value in the column `unless`.

    It is on the way of every durable call, so the statement is compiled once and handed to the driver as it is, which
    takes a third of the time that executing the construct takes.
    """
    if rows:
        sql, arrange = _compiled(connection.dialect, table, _replacing, unless)
        connection.exec_driver_sql(sql, [arrange(row) for row in rows])


def insert_if_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, but none of which a unique column is known already."""
    if rows:
        connection.execute(_if_new(connection.dialect.name, table), rows)


def insert_and_tell_new(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], column: str
) -> frozenset[str]:
    """Insert rows, but none that is known already; return the new ones' value of `column`."""
    if len(rows) == 1:  # the common case, on the way of every action: without the cost of RETURNING, and as above
        sql, arrange = _compiled(connection.dialect, table, _if_new)
        done = connection.exec_driver_sql(sql, arrange(rows[0]), execution_options={"preserve_rowcount": True})
        return frozenset([rows[0][column]]) if done.rowcount == 1 else frozenset()
    if not rows:
        return frozenset()
    return frozenset(connection.execute(_telling_new(connection.dialect.name, table, column), rows).scalars())


def _insert(dialect: str, table: Table) -> Any:
    """Return the dialect's own INSERT; the two have the same methods, but no common type."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


@cache
def _compiled(
    dialect: Dialect, table: Table, statement: Callable[..., Any], *more: Any
) -> tuple[str, Callable[[dict[str, Any]], Any]]:
    """Return the SQL of a statement for rows of a table, and what makes a row into its parameters."""
    compiled = statement(dialect.name, table, *more).compile(dialect=dialect)
    processors = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns}
    order = [(name, processors[name]) for name in compiled.positiontup or processors]

    def in_order(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple([process(row[name]) if process else row[name] for name, process in order])

    def by_name(row: dict[str, Any]) -> dict[str, Any]:
        return {name: process(row[name]) if process else row[name] for name, process in order}

    return compiled.string, in_order if compiled.positional else by_name


def _replacing(dialect: str, table: Table, unless: str | None) -> Any:
    insert = _insert(dialect, table)
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    where = None if unless is None else table.c[unless].is_(None)
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=fresh, where=where)


@cache
def _if_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@cache
def _telling_new(dialect: str, table: Table, column: str) -> Any:
    return _if_new(dialect, table).returning(table.c[column])
