"""Puts a contact together from the properties of a card."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from hub_contacts.contact import Address, Contact, ContactKind, Labelled, Photo, Property, clean
from hub_contacts.vcard.labels import from_apple
from hub_contacts.vcard.line import items, parts, unescape
from hub_contacts.vcard.photo import photo_of
from hub_contacts.vcard.tel import from_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub_contacts.refused import Limits
    from hub_contacts.vcard.line import Head

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?")
_YEARLESS = re.compile(r"--(\d\d)-?(\d\d)")
STARRED = "starred"


def birthday(text: str, *, yearless: str = "") -> str:
    """Return a date as a contact holds it: `YYYY-MM-DD`, `--MM-DD`, or as it was written."""
    if match := _DATE.fullmatch(text):
        return f"--{match[2]}-{match[3]}" if match[1] == yearless else f"{match[1]}-{match[2]}-{match[3]}"
    if match := _YEARLESS.fullmatch(text):
        return f"--{match[1]}-{match[2]}"
    return text


class Building:
    """A contact in the making; what of the card cannot be taken stands in `refused`.

    `pure` says that no text of the card needs cleaning, white space around it aside.
    """

    __slots__ = (
        "_addresses",
        "_clean",
        "_derived",
        "_extra",
        "_groups",
        "_labels",
        "_limits",
        "_lists",
        "_own",
        "_photo",
        "_seen",
        "_texts",
        "refused",
    )  # fmt: skip

    def __init__(self, limits: Limits, *, pure: bool = False) -> None:
        self.refused: list[str] = []
        self._limits = limits
        self._clean: Callable[[str], str] = str.strip if pure else clean
        self._texts: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._seen: set[str] = set()
        self._lists: dict[str, list[tuple[str, Head]]] = {"TEL": [], "EMAIL": [], "URL": [], "NOTE": []}
        self._addresses: list[tuple[list[str], Head]] = []
        self._groups: list[str] = []
        self._photo: Photo | None = None
        self._derived = False
        self._labels: dict[str, tuple[Head, str]] = {}
        self._extra: list[Property] = []

    def take(self, found: Iterable[tuple[Head, str]]) -> None:
        """Take in the properties of a card."""
        lists, takers, clean = self._lists, self._takers, self._clean
        for head, value in found:
            name = head.name
            if (several := lists.get(name)) is not None:  # most are, which is why this is done here
                text = clean(unescape(value) if "\\" in value else value)
                if text and ":" in text:
                    text = _located(text, head)
                if text:
                    several.append((text, head))
            elif taker := takers.get(name):
                taker(self, head, value)
            elif name.startswith("X-PHONEHUB-"):
                self._own.setdefault(name, clean(unescape(value)))
            else:
                self._keep(head, value)

    def contact(self) -> Contact | None:
        """Return the contact; None if the card has nothing to say."""
        labels = self._read_labels() if self._labels else {}
        told: dict[str, Any] = {**self._texts}
        told |= self._read_lists(labels)
        if self._photo:
            told["photo"] = self._photo
        if self._extra:
            told["extra"] = tuple(self._extra)
        if self._own:
            told |= self._read_own()
        if self._groups:
            told["groups"] = tuple(self._groups)
            told.setdefault("favourite", STARRED in self._groups)
        if not told:
            return None
        contact = Contact(**told)
        if self._derived and contact.description == replace(contact, description="").name:
            return replace(contact, description="")
        return contact

    def _read_lists(self, labels: dict[str, str]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        numbers, emails, urls, notes = self._lists.values()
        if numbers:
            told["numbers"] = _labelled(numbers, labels)
        if emails:
            told["emails"] = _labelled(emails, labels)
        if urls:
            told["urls"] = _labelled(urls, labels)
        if self._addresses:
            told["addresses"] = _addresses(self._addresses, labels)
        if notes:
            told["note"] = "\n".join([text for text, _ in notes])
        return told

    def _read_labels(self) -> dict[str, str]:
        """Return the labels by the group that they name; those that name nothing are kept as they are."""
        used = {head.group for listed in self._lists.values() for _, head in listed}
        used |= {head.group for _, head in self._addresses}
        for group, (head, value) in self._labels.items():
            if group not in used and value:
                self._keep(head, value)
        return {group: self._clean(from_apple(unescape(value))) for group, (_, value) in self._labels.items()}

    def _read_own(self) -> dict[str, Any]:
        told: dict[str, Any] = {field: self._own[name] for name, field in _OWN.items() if self._own.get(name)}
        if (kind := self._own.get("X-PHONEHUB-KIND")) in _KINDS:
            told["kind"] = ContactKind(kind)
        if "X-PHONEHUB-FAVOURITE" in self._own:
            told["favourite"] = self._own["X-PHONEHUB-FAVOURITE"] == "1"
        return told

    def _keep(self, head: Head, value: str) -> None:
        self._extra.append(Property(head.name, clean(value.replace("\n", "\\n")), head.kept, head.group))

    def _first(self, head: Head, value: str) -> bool:
        """Tell whether this is the first of its name; keep it as it is if not."""
        if head.name in self._seen:
            self._keep(head, value)
            return False
        self._seen.add(head.name)
        return True

    def _text(self, head: Head, value: str) -> None:
        text = self._clean(unescape(value) if "\\" in value else value)
        field = _TEXTS[head.name]
        if not text:
            return
        if field in self._texts:
            self._keep(head, value)
        else:
            self._texts[field] = text
            self._derived = self._derived or (bool(head.params) and head.param("DERIVED").lower() == "true")

    def _name(self, head: Head, value: str) -> None:
        names = [*map(self._clean, parts(value))]
        if not any(names) or not self._first(head, value):
            return
        if len(names) > len(_NAMES):
            names[4:] = [" ".join(filter(None, names[4:]))]
        for field, name in zip(_NAMES, names, strict=False):
            if name:
                self._texts[field] = name

    def _organisation(self, head: Head, value: str) -> None:
        units = [*map(self._clean, parts(value))]
        if any(units) and self._first(head, value):
            self._texts["company"] = units[0]
            if len(units) > 1:
                self._texts["department"] = "; ".join(filter(None, units[1:]))

    def _address(self, head: Head, value: str) -> None:
        lines = [*map(self._clean, parts(value))]
        if not any(lines):
            lines = ["", "", self._clean(unescape(head.param("LABEL")))]
        if any(lines):
            if len(lines) != len(ADDRESS_PARTS):
                lines += [""] * (7 - len(lines))
                lines[6:] = [" ".join(filter(None, lines[6:]))]
            self._addresses.append((lines, head))

    def _categories(self, _head: Head, value: str) -> None:
        for item in items(value):
            if (text := self._clean(item)) and text not in self._groups:
                self._groups.append(text)

    def _birthday(self, head: Head, value: str) -> None:
        text = self._clean(unescape(value))
        if text and self._first(head, value):
            yearless = head.param("X-APPLE-OMIT-YEAR") if head.params else ""
            self._texts["birthday"] = text if head.value == "text" else birthday(text, yearless=yearless)

    def _picture(self, head: Head, value: str) -> None:
        if len(value) * 3 // 4 > self._limits.photo:
            self.refused.append(f"the photo is larger than {self._limits.photo:,} bytes")
            return
        photo = photo_of(head, value)
        if photo is not None and self._photo is None:
            self._photo = photo
        elif value.strip():
            self._keep(head, value)

    def _label(self, head: Head, value: str) -> None:
        if head.group and head.group not in self._labels:
            self._labels[head.group] = (head, value)
        else:
            self._keep(head, value)

    def _nothing(self, head: Head, value: str) -> None:
        """Take what says something of the file only."""

    _takers: ClassVar[dict[str, Callable[[Building, Head, str], None]]] = {
        "FN": _text, "UID": _text, "TITLE": _text, "N": _name,
        "ORG": _organisation, "ADR": _address, "CATEGORIES": _categories,
        "X-CATEGORIES": _categories, "BDAY": _birthday, "PHOTO": _picture,
        "X-ABLABEL": _label, "VERSION": _nothing, "PRODID": _nothing,
        "PROFILE": _nothing, "END": _nothing,
    }  # fmt: skip


def _best(found: Iterable[tuple[Any, Head]]) -> int:
    """Return the preference that the preferred ones have, -1 if none is."""
    best = -1
    for _, head in found:
        if head.preference and not 0 < best < head.preference:
            best = head.preference
    return best


def _labelled(found: list[tuple[str, Head]], labels: dict[str, str]) -> tuple[Labelled, ...]:
    best = _best(found)
    if labels:
        return tuple(
            [Labelled(text, labels.get(head.group) or head.label, head.preference == best) for text, head in found]
        )
    return tuple([Labelled(text, head.label, head.preference == best) for text, head in found])


def _addresses(found: list[tuple[list[str], Head]], labels: dict[str, str]) -> tuple[Address, ...]:
    best = _best(found)
    return tuple(
        [
            Address._make((*lines, labels.get(head.group) or head.label, head.preference == best))
            for lines, head in found
        ]
    )


def _located(text: str, head: Head) -> str:
    """Return what a URI says where numbers and addresses stand as such."""
    if head.name == "TEL" and head.value != "text":
        return from_uri(text)
    if head.name == "EMAIL" and head.value == "uri" and text[:7].lower() == "mailto:":
        return text[7:]
    return text


_NAMES = ("last", "first", "middle", "prefix", "suffix")
ADDRESS_PARTS = ("box", "extended", "street", "city", "region", "code", "country")
_KINDS = frozenset(ContactKind)
_TEXTS = {"UID": "uid", "FN": "description", "TITLE": "job_title"}
_OWN = {
    "X-PHONEHUB-SOURCE": "source", "X-PHONEHUB-DEVICE": "device", "X-PHONEHUB-LOGIN": "login",
    "X-PHONEHUB-DNIS-NAME": "dnis_name", "X-PHONEHUB-DNIS-LANGUAGE": "dnis_language",
}  # fmt: skip
