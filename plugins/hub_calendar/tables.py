"""The plugin's tables. Change them together with a new revision under `migrations`."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text

metadata = MetaData()

chosen = Table(
    "calendar_chosen",
    metadata,
    Column("user", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("presence", Text, nullable=False),
)
"""The presences that users chose for one appointment, or for a series by its UID, here and not in the calendar."""

dnd = Table("calendar_dnd", metadata, Column("user", Text, primary_key=True))
"""The users whose do-not-disturb was switched on for an appointment, and is to be switched off again."""
