"""Each user's presence, and the log of its changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add both, empty."""
    op.create_table(
        "presences",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("manual", sa.Text),
        sa.Column("manual_at", sa.BigInteger),
        sa.Column("shown", sa.Text),
        sa.Column("asked", sa.Text),
        sa.Column("wishes", sa.Text, nullable=False),
    )
    op.create_table(
        "presence_log",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("now", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("presence_log_by_time", "presence_log", ["user", "at"])
