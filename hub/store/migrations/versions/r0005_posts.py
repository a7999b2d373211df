"""The outbox of the journals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "posts",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("journal", sa.Text, primary_key=True),
        sa.Column("call", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
    )
    op.create_index("posts_by_due", "posts", ["user", "journal", "state", "due"])
    op.create_index("posts_by_call", "posts", ["user", "call"])
