"""What becomes of a contact in a file that is there already."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hub_contacts.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub_contacts.contact import Contact

_SINGLE = (
    "uid", "description", "prefix", "first", "middle", "last", "suffix", "company", "department", "job_title",
    "birthday", "login", "dnis_name", "dnis_language",
)  # fmt: skip
_SILENT = frozenset({"uid", "description"})


class Duplicates(StrEnum):
    """Leave the one that is there as it is, add to it what the file has more, or keep both."""

    SKIP = "skip"
    MERGE = "merge"
    KEEP = "keep"


def joined(ours: Contact, new: Contact, key: Callable[[str], str]) -> Contact:
    """Return ours with what only the new one has; where both say something else, ours stays and the note tells.

    `key` is what a number is looked up by. To join the same again changes nothing.
    """
    told: dict[str, Any] = {}
    notes = [ours.note] if ours.note else []
    for name in _SINGLE:
        mine, other = getattr(ours, name), getattr(new, name)
        if other and not mine:
            told[name] = other
        elif other and fold(other) != fold(mine) and name not in _SILENT:
            notes.append(f"{name.replace('_', ' ')}: {other}")
    if new.note:
        notes.append(new.note)
    told["note"] = _lines(notes)
    told["numbers"] = _more(ours.numbers, new.numbers, lambda each: key(each.text) or fold(each.text))
    told["emails"] = _more(ours.emails, new.emails, lambda each: fold(each.text))
    told["urls"] = _more(ours.urls, new.urls, lambda each: each.text)
    told["addresses"] = _more(ours.addresses, new.addresses, lambda each: tuple(map(fold, each[:7])))
    told["groups"] = tuple(dict.fromkeys((*ours.groups, *new.groups)))
    told["extra"] = (*ours.extra, *(each for each in dict.fromkeys(new.extra) if each not in ours.extra))
    told["favourite"] = ours.favourite or new.favourite
    told["photo"] = ours.photo or new.photo
    return replace(ours, **told)


def _lines(notes: list[str]) -> str:
    told = ""
    for note in notes:
        if f"\n{note}\n" not in f"\n{told}\n":
            told = f"{told}\n{note}" if told else note
    return told


def _more(ours: tuple[Any, ...], new: tuple[Any, ...], same: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return ours and what of the new ones is not among them; ours has the primary one, if it has any."""
    known = {same(each) for each in ours}
    has_primary = any(each.primary for each in ours)
    added = list(ours)
    for each in new:
        if same(each) not in known:
            known.add(same(each))
            added.append(each._replace(primary=each.primary and not has_primary))
    return tuple(added)
