"""What goes wrong with a database, said to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

_SQLITE = (
    ("database or disk is full", "the disk is full", "make room; what is waiting is written then"),
    ("locked", "another program keeps it locked", "close the program that holds it"),
    ("readonly", "it may not be written", "give your user the right to write the file and its folder"),
    ("malformed", "it is damaged", "move it away to begin anew, or put a backup in its place"),
    ("not a database", "it is no phonehub database", "move it away to begin anew, or put a backup in its place"),
    ("unable to open", "it cannot be opened", "give your user the right to write the file and its folder"),
    ("disk i/o error", "the disk cannot be read or written", "look at the disk and its free space"),
)


class StoreError(UserError):
    """The database cannot be used now; what is to be recorded waits, and trying again may help."""


def place_of(url: URL) -> str:
    """Return how a person knows the database: the file, or the URL without its password."""
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)


def is_the_databases(error: SQLAlchemyError) -> bool:
    """Tell whether the database and not the statement is at fault, so that the same may succeed later."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or any(word in str(error.orig).lower() for word, _, _ in _SQLITE)


def trouble(error: SQLAlchemyError, url: URL) -> StoreError:
    """Say what is wrong with the database and what to do about it."""
    said = " ".join(str(getattr(error, "orig", None) or error).split()).removesuffix(".")
    if url.get_backend_name() == "sqlite":
        for word, cause, remedy in _SQLITE:
            if word in said.lower():
                return StoreError(Problem(place_of(url), f"{cause} ({said})", remedy))
    return StoreError(Problem(place_of(url), f"the database says: {said}"))
