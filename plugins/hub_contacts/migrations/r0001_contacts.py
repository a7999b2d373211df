"""Contacts, their cards, and imports under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contacts_contacts",
        sa.Column("row", _ROW, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("user", "id", "source", "kind", "device")),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
        sa.Column("recent", sa.Float, nullable=False),
        sa.Column("favourite", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "company", "groups", "keys")),
        *(sa.Column(f"by_{name}", sa.Text, nullable=False) for name in ("first", "last", "company", "number")),
        *(sa.Column(f"find_{name}", sa.Text, nullable=False) for name in ("name", "number", "email", "other", "note")),
    )
    op.create_index("contacts_by_id", "contacts_contacts", ["user", "id"])
    op.create_index("contacts_by_source", "contacts_contacts", ["user", "source"])
    op.create_index("contacts_by_batch", "contacts_contacts", ["batch"])
    is_gone = sa.text("gone != 0")
    op.create_index("contacts_gone", "contacts_contacts", ["gone"], sqlite_where=is_gone, postgresql_where=is_gone)
    for order in ("by_first", "by_last", "by_company", "by_number"):
        op.create_index(f"contacts_{order}", "contacts_contacts", ["user", order, "batch", "gone"])
    op.create_table(
        "contacts_cards",
        sa.Column("row", _ROW, primary_key=True, autoincrement=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("photo_type", sa.Text, nullable=False),
        sa.Column("photo", sa.LargeBinary),
    )
    op.create_table(
        "contacts_same",
        sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("contacts_same_by_row", "contacts_same", ["row"])
    op.create_table(
        "contacts_pending",
        sa.Column("batch", _ROW, primary_key=True, autoincrement=True),
        sa.Column("user", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contacts_users",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("view", sa.Text, nullable=False),
    )
