"""What becomes of our contact when its card changed at a source that cannot hold all that we hold."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from hub_contacts.contact import Contact

if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = {"uid", "kind", "source", "device"}
_FIELDS = tuple(field.name for field in fields(Contact) if field.name not in _OURS)


def merged(ours: Contact, before: Contact, after: Contact) -> Contact:
    """Return ours with what the source changed from `before` to `after`; what it never had stays as it is."""
    changed: dict[str, Any] = {}
    for name in _FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            changed[name] = _several(getattr(ours, name), old, new) if isinstance(new, tuple) else new
    return replace(ours, **changed)


def clash(ours: Contact, before: Contact, after: Contact) -> bool:
    """Tell whether something that the source changed from `before` to `after` is a third thing with us."""
    for name in _FIELDS:
        mine, old, new = (getattr(contact, name) for contact in (ours, before, after))
        if old != new and mine not in (old, new):
            return True
    return False


def _several(ours: Iterable[Any], old: Iterable[Any], new: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what the source has now, and after that what only we have."""
    theirs = {*old, *new}
    return (*new, *(item for item in ours if item not in theirs))
