"""The first tables: calls, marks, notes, actions, claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "calls",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("e164", sa.Text, nullable=False),
        sa.Column("national", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("answered", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("duration", sa.Float),
        sa.Column("outcome", sa.Text),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("dnis", sa.Text, nullable=False),
        sa.Column("dnis_name", sa.Text, nullable=False),
        sa.Column("internal", sa.Boolean, nullable=False),
        sa.Column("searchable", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
    )
    op.create_index("calls_by_time", "calls", ["user", "started"])
    still_open = sa.text("ended IS NULL")
    op.create_index("calls_open", "calls", ["user"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_table(
        "marks",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("mark", sa.Text, nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("notes_by_call", "notes", ["user", "call"])
    op.create_table(
        "actions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("duration", sa.Float, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("exit_status", sa.Integer),
    )
    op.create_index("actions_by_time", "actions", ["user", "started"])
    op.create_index("actions_by_call", "actions", ["user", "call"])
    op.create_table(
        "claims",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("claims_by_time", "claims", ["at"])
