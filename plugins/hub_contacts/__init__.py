"""Contacts: who people are, read from files and sources, and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import hookimpl
from hub_contacts.settings import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Contacts"]


class Contacts:
    """The user's own contacts, and those that the phone system and other sources have."""

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.contacts]` may hold."""
        return Settings
