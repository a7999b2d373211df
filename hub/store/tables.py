"""The hub's own tables. Change them together with a new revision under `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    not_,
    text,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970: exact, sorted and the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store any aware time."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return it in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


def storable(text: str) -> str:
    """Return text from the wire with what no database takes (NUL, half a surrogate pair) replaced."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Words(TypeDecorator[str]):
    """Text from the wire, stored as `storable` makes it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Store what can be stored of it."""
        return None if value is None else storable(value)


SORT_KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Text to sort by, by its code points in every database, as Python sorts."""

metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("user", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("conversation", Words, nullable=False),
    Column("direction", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("e164", Words, nullable=False),
    Column("national", Words, nullable=False),
    Column("started", Instant, nullable=False),
    Column("answered", Instant),
    Column("ended", Instant),
    Column("duration", Float),
    Column("outcome", Words),
    Column("device", Words, nullable=False),
    Column("line", Words, nullable=False),
    Column("queue", Words, nullable=False),
    Column("dnis", Words, nullable=False),
    Column("dnis_name", Words, nullable=False),
    Column("internal", Boolean, nullable=False),
    Column("orbit", Words),
    Column("network", Text),
    Column("searchable", Words, nullable=False),
    Column("call", Text, nullable=False),
    Column("deleted", Instant),
    Column("fresh", Boolean, nullable=False, server_default=text("true")),
    Column("by_name", SORT_KEY),
    Column("by_number", SORT_KEY),
)
"""One row a call; `call` is the whole of it in JSON, `network` a part of it, `searchable` what a search looks at.

Of a deleted call only an empty row is left, so that it is not written again. What makes searching and sorting fast is
made later (`hub.store.search`), so that nobody waits for it: a row is `fresh`, and has no keys, until then.
"""
_there, _gone, _fresh = calls.c.deleted.is_(None), calls.c.deleted.is_not(None), calls.c.fresh
_settled = and_(_there, not_(_fresh))
Index("calls_by_time", calls.c.user, calls.c.started, sqlite_where=_there, postgresql_where=_there)
Index("calls_deleted", calls.c.user, calls.c.started, sqlite_where=_gone, postgresql_where=_gone)
Index("calls_fresh", calls.c.user, sqlite_where=_fresh, postgresql_where=_fresh)
Index(
    "calls_by_name", calls.c.user, calls.c.by_name, calls.c.started.desc(),
    sqlite_where=_settled, postgresql_where=_settled,
)  # fmt: skip
Index(
    "calls_by_number", calls.c.user, calls.c.by_number, calls.c.started.desc(),
    sqlite_where=_settled, postgresql_where=_settled,
)  # fmt: skip

marks = Table("marks", metadata, Column("user", Words, primary_key=True), Column("mark", Words, nullable=False))
"""How far each user's phone system was followed, written together with the calls that this made."""

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user", Words, nullable=False),
    Column("call", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Words, nullable=False),
)
Index("notes_by_call", notes.c.user, notes.c.call)

actions = Table(
    "actions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", Words, nullable=False, unique=True),
    Column("user", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("started", Instant, nullable=False),
    Column("duration", Float, nullable=False),
    Column("call", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("output", Words, nullable=False),
    Column("exit_status", Integer),
)
Index("actions_by_time", actions.c.user, actions.c.started)
Index("actions_by_call", actions.c.user, actions.c.call)

claims = Table(
    "claims",
    metadata,
    Column("key", Words, primary_key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index("claims_by_time", claims.c.at)

recordings = Table(
    "recordings",
    metadata,
    Column("user", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("call", Words, nullable=False),
    Column("conversation", Words, nullable=False),
    Column("direction", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("e164", Words, nullable=False),
    Column("began", Instant, nullable=False),
    Column("duration", Float, nullable=False),
    Column("missing", Float, nullable=False),
    Column("format", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("audio", Words, nullable=False),
    Column("searchable", Words, nullable=False),
    Column("deleted", Instant),
    Column("deleted_by", Words, nullable=False),
)
"""One row a recording, `audio` is its file; a row stays when the file is deleted, and tells who did that."""
Index("recordings_by_time", recordings.c.user, recordings.c.began)
Index("recordings_by_call", recordings.c.user, recordings.c.call)

posts = Table(
    "posts",
    metadata,
    Column("user", Words, primary_key=True),
    Column("journal", Words, primary_key=True),
    Column("call", Words, primary_key=True),
    Column("key", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("ended", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried", Instant),
    Column("reason", Words, nullable=False),
    Column("body", Words),
)
"""One row for each call and journal that it is to be posted to, or was (`hub.store.posts`)."""
Index("posts_by_due", posts.c.user, posts.c.journal, posts.c.state, posts.c.due)
Index("posts_by_call", posts.c.user, posts.c.call)

presences = Table(
    "presences",
    metadata,
    Column("user", Words, primary_key=True),
    Column("manual", Words),
    Column("manual_at", Instant),
    Column("shown", Words),
    Column("asked", Words),
    Column("wishes", Text, nullable=False),
)
"""What is remembered of each user's presence; `wishes` are those of rules, in JSON."""

presence_log = Table(
    "presence_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Words, nullable=False),
    Column("before", Words, nullable=False),
    Column("now", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("reason", Words, nullable=False),
)
Index("presence_log_by_time", presence_log.c.user, presence_log.c.at)
