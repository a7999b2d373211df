"""Bring a database up to date: the hub's own tables, and those of plugins, each by its own Alembic revisions."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from hub.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection

OWN_VERSIONS = "hub_version"
"""The table that says which revision the hub's own tables are at."""

_HERE = Path(__file__).parent / "migrations"
_VERSIONS = _HERE / "versions"
_ALEMBIC = threading.Lock()  # Alembic's `op` and `context` belong to the process


def current(connection: Connection, version_table: str = OWN_VERSIONS) -> str | None:
    """Return the revision that the tables are at, None where there are none."""
    return MigrationContext.configure(connection, opts={"version_table": version_table}).get_current_revision()


def is_outdated(revision: str | None) -> bool:
    """Tell whether tables at a revision are older than today's; those that are missing or newer are not."""
    script = ScriptDirectory.from_config(_config(None))
    return revision != script.get_current_head() and revision in {each.revision for each in script.walk_revisions()}


def latest(versions: Path | None = None) -> str | None:
    """Return the newest revision."""
    return ScriptDirectory.from_config(_config(versions)).get_current_head()


def upgrade(
    connection: Connection, version_table: str = OWN_VERSIONS, versions: Path | None = None, to: str = "head"
) -> None:
    """Run the revisions that are missing, inside the transaction that `connection` is in.

    `versions` is the folder with the revisions, the hub's own if it is None. Raises `UserError` for a database that a
    newer version has changed.
    """
    config = _config(versions)
    config.attributes.update(connection=connection, version_table=version_table)
    with _ALEMBIC:
        try:
            command.upgrade(config, to)
        except CommandError as error:
            cause = f"was changed by a newer version ({error})"
            raise UserError.of(cause, "install that version again, or put a backup in its place", "database") from None


def back_up(path: Path, revision: str | None) -> Path:
    """Copy an SQLite database as it is, to be read by its owner only; returns the copy, `NAME.before-REVISION`."""
    copy = path.with_name(f"{path.name}.before-{revision}")
    unfinished = copy.with_name(f"{copy.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        unfinished.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise UserError.of(f"no backup could be made before the upgrade: {error}", "make room", str(path)) from None
    return copy


def _config(versions: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions or _VERSIONS).replace("%", "%%"))
    return config
