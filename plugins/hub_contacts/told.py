"""What the plugin tells: never a name or a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsChanged(Event):
    """Contacts of the user were added, changed or deleted: those of these ids; where there are none named, many."""

    type: ClassVar[str] = "contacts.changed"

    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChanged(Event):
    """A file is being imported, was, or could not be: `read` of its `size` in bytes, and how many contacts so far."""

    type: ClassVar[str] = "contacts.import"

    id: str
    state: str
    read: int
    size: int
    added: int
    merged: int
    skipped: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsFound(Event):
    """A source shows so many contacts that were not there before."""

    type: ClassVar[str] = "contacts.found"

    source: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged(Event):
    """A source of contacts was switched, refreshed, or has failed; `conflicts` were edited here and there."""

    type: ClassVar[str] = "contacts.source"

    source: str
    state: str
    contacts: int = 0
    conflicts: int = 0
    error: str = ""
