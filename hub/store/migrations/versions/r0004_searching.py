"""What makes the history fast to search and to sort, and lets a deleted call stay away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it to calls; those of before are all fresh, the hub does the rest while it has nothing else to do."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    key = sa.Text(collation="C") if postgresql else sa.Text
    op.add_column("calls", sa.Column("deleted", sa.BigInteger))
    op.add_column("calls", sa.Column("fresh", sa.Boolean, nullable=False, server_default=sa.text("true")))
    op.add_column("calls", sa.Column("by_name", key))
    op.add_column("calls", sa.Column("by_number", key))
    op.drop_index("calls_by_time", "calls")
    op.drop_index("calls_open", "calls")
    fresh, settled = ("fresh", "NOT fresh") if postgresql else ("fresh = 1", "fresh = 0")
    for name, columns, where in (
        ("calls_by_time", ("user", "started"), "deleted IS NULL"),
        ("calls_deleted", ("user", "started"), "deleted IS NOT NULL"),
        ("calls_fresh", ("user",), fresh),
        ("calls_by_name", ("user", "by_name", "started DESC"), f"deleted IS NULL AND {settled}"),
        ("calls_by_number", ("user", "by_number", "started DESC"), f"deleted IS NULL AND {settled}"),
    ):
        made = [sa.text(column) if " " in column else column for column in columns]
        op.create_index(name, "calls", made, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    if not postgresql:
        op.execute(
            "CREATE VIRTUAL TABLE call_words"
            " USING fts5(words, tokenize='trigram case_sensitive 1', detail='none', columnsize=0)"
        )
