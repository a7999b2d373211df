"""What we hold of a contact.

Texts have no NUL, no lone surrogates and no white space around them, and end lines by a line feed. What a contact has
several of is a named tuple, not a dataclass: it is made in a third of the time, and files have millions of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_CUT = re.compile("[\0\ud800-\udfff]")


class ContactKind(StrEnum):
    """Whose a contact is: the phone system's (its users, system contacts, public speed dials), or the user's own."""

    USER = "user"
    SYSTEM = "system"
    PUBLIC = "public"
    PERSONAL = "personal"


class Labelled(NamedTuple):
    """A number, e-mail address or web address as it was written, and what it is: `work`, `work fax`, or own words."""

    text: str
    label: str = ""
    primary: bool = False


class Address(NamedTuple):
    """A postal address, by the parts of vCard's ADR."""

    box: str = ""
    extended: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    code: str = ""
    country: str = ""
    label: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it came: its bytes, which nobody has looked into, and its media type (`image/jpeg`)."""

    data: bytes
    media_type: str

    def __repr__(self) -> str:
        """Tell its size only: pictures do not belong into logs."""
        return f"Photo({len(self.data)} bytes, {self.media_type!r})"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a vCard that we do not understand, kept so that it goes out again as it came in.

    `value` is one line, escaped as in vCard 3.0; `name` and the names in `params` are upper case.
    """

    name: str
    value: str
    params: tuple[tuple[str, str], ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact, wherever it comes from.

    `uid` is the one that its source gave it. `source` is the account that it came from and `device` the device, if one
    of them is known. `description` is the name to display. `birthday` is `YYYY-MM-DD`, `--MM-DD` where the year is not
    known, or whatever was written. What a file says of `kind`, `source` and `device` is only that: who stores a
    contact decides them.
    """

    uid: str = ""
    kind: ContactKind = ContactKind.PERSONAL
    source: str = ""
    device: str = ""
    description: str = ""
    prefix: str = ""
    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""
    company: str = ""
    department: str = ""
    job_title: str = ""
    numbers: tuple[Labelled, ...] = ()
    emails: tuple[Labelled, ...] = ()
    addresses: tuple[Address, ...] = ()
    urls: tuple[Labelled, ...] = ()
    note: str = ""
    photo: Photo | None = None
    favourite: bool = False
    groups: tuple[str, ...] = ()
    birthday: str = ""
    login: str = ""
    dnis_name: str = ""
    dnis_language: str = ""
    extra: tuple[Property, ...] = ()

    @property
    def full_name(self) -> str:
        """The parts of the name in the order of speech; empty if there are none."""
        return " ".join(filter(None, (self.prefix, self.first, self.middle, self.last, self.suffix)))

    @property
    def name(self) -> str:
        """The name to show: what there is of description, name, company, e-mail and number, in this order."""
        if shown := self.description or self.full_name or self.company:
            return shown
        number = self.primary
        return next((email.text for email in self.emails), number.text if number else "")

    @property
    def primary(self) -> Labelled | None:
        """The number to dial if nobody says which: the one so marked, else the first."""
        return next((number for number in self.numbers if number.primary), self.numbers[0] if self.numbers else None)


def clean(text: str) -> str:
    """Return text as a contact may hold it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text if text.isascii() and "\0" not in text else _CUT.sub(_mended, text)).strip()


def _mended(cut: re.Match[str]) -> str:
    return "" if cut[0] == "\0" else "\ufffd"
