"""The plugin's tables. Change them together with a new revision under `migrations`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()
_ROW = BigInteger().with_variant(Integer, "sqlite")

contacts = Table(
    "contacts_contacts",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=False),
    Column("user", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("changed", Float, nullable=False),
    Column("recent", Float, nullable=False),
    Column("favourite", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("groups", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("by_first", Text, nullable=False),
    Column("by_last", Text, nullable=False),
    Column("by_company", Text, nullable=False),
    Column("by_number", Text, nullable=False),
    Column("find_name", Text, nullable=False),
    Column("find_number", Text, nullable=False),
    Column("find_email", Text, nullable=False),
    Column("find_other", Text, nullable=False),
    Column("find_note", Text, nullable=False),
)
"""What contacts are found, sorted and looked up by.

A row is there for readers when its `batch` is not pending, and gone for them when its `gone` is one (0: none) that is
not pending: so an import of any size comes into force by deleting the one row of its batch in `pending`.
"""
Index("contacts_by_id", contacts.c.user, contacts.c.id)
Index("contacts_by_source", contacts.c.user, contacts.c.source)
Index("contacts_by_batch", contacts.c.batch)
Index("contacts_gone", contacts.c.gone, sqlite_where=contacts.c.gone != 0, postgresql_where=contacts.c.gone != 0)
for _order in ("by_first", "by_last", "by_company", "by_number"):
    Index(f"contacts_{_order}", contacts.c.user, contacts.c[_order], contacts.c.batch, contacts.c.gone)

cards = Table(
    "contacts_cards",
    metadata,
    Column("row", _ROW, primary_key=True, autoincrement=False),
    Column("card", Text, nullable=False),
    Column("photo_type", Text, nullable=False),
    Column("photo", LargeBinary),
)
"""The contacts whole: `card` is JSON without the photo."""

same = Table(
    "contacts_same",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""By what an import finds those of the user's own contacts that are the same as one in its file."""
Index("contacts_same_by_row", same.c.row)

pending = Table(
    "contacts_pending",
    metadata,
    Column("batch", _ROW, primary_key=True, autoincrement=True),
    Column("user", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Imports that are under way, or were when the hub was killed."""

users = Table(
    "contacts_users",
    metadata,
    Column("user", Text, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("view", Text, nullable=False),
)
"""What is kept for each user: the dial plan that the keys were made by, and the chosen view."""

links = Table(
    "contacts_links",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("user", "source", "id")),
    *(Column(name, Text, nullable=False) for name in ("href", "etag", "mine", "theirs", "put", "card", "photo")),
    Column("changed", Float, nullable=False),
)
"""Which contact is which card of a source. `card` is what the source last had, without its photo, of which `photo` is a
digest."""

sources = Table(
    "contacts_sources",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("user", "source")),
    Column("token", Text, nullable=False),
    Column("refreshed", Float, nullable=False),
    Column("enabled", Boolean),
)
"""How far each source is known, and whether a person has switched it on or off."""
