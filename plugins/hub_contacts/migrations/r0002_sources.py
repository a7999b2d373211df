"""Sources of contacts: links between contacts and cards, and how far each source is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contacts_links",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("user", "source", "id")),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("href", "etag", "mine", "theirs", "put", "card", "photo")
        ),
        sa.Column("changed", sa.Float, nullable=False),
    )
    op.create_table(
        "contacts_sources",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("user", "source")),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("refreshed", sa.Float, nullable=False),
        sa.Column("enabled", sa.Boolean),
    )
