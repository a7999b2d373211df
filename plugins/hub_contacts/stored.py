"""A contact as it is kept, and the rows that keep it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from hub_contacts.contact import Address, Contact, ContactKind, Labelled, Photo, Property
from hub_contacts.fold import digits, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

_LAST = "\uffff"
"""Sorts after all that has letters."""
_DECIDED = ("kind", "source", "device", "photo", "favourite")
_CARD = tuple(field.name for field in fields(Contact) if field.name not in _DECIDED)
_SEVERAL: dict[str, Any] = {"numbers": Labelled, "emails": Labelled, "addresses": Address, "urls": Labelled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A contact that is kept for a user.

    `id` is ours and stays; `changed` is when it was last written (Unix seconds). `keys` are what its numbers are looked
    up by. Where contacts are listed, `contact.photo` is left out; `photo_type` tells whether there is one.
    """

    id: str
    contact: Contact
    keys: tuple[str, ...] = ()
    changed: float = 0.0
    recent: float = 0.0
    photo_type: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether the user may change all of it: those of the phone system are changed there."""
        return self.contact.kind is ContactKind.PERSONAL


def new_id() -> str:
    """Return an id that nobody has."""
    return token_hex(8)


def card_of(contact: Contact) -> str:
    """Return what is kept of a contact in JSON: all but the photo and what has a column of its own."""
    told = {name: value for name in _CARD if (value := getattr(contact, name))}
    if contact.extra:
        told["extra"] = [[each.name, each.value, each.params, each.group] for each in contact.extra]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def contact_of(card: str, photo: Photo | None = None, **decided: Any) -> Contact:
    """Return the contact that a card and the columns beside it say."""
    told: dict[str, Any] = json.loads(card)
    for name, kind in _SEVERAL.items():
        if name in told:
            told[name] = tuple([kind(*each) for each in told[name]])
    if "groups" in told:
        told["groups"] = tuple(told["groups"])
    if "extra" in told:
        told["extra"] = tuple(
            [Property(name, value, tuple(map(tuple, params)), group) for name, value, params, group in told["extra"]]
        )
    return Contact(photo=photo, **told, **decided)


def columns_of(contact: Contact, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what a contact is found, sorted and looked up by."""
    name, first, last, company = map(fold, (contact.name, contact.first, contact.last, contact.company))
    primary = contact.primary
    names = (contact.description, contact.full_name, contact.first, contact.middle, contact.last)
    other = (
        contact.department, contact.job_title, contact.login, contact.dnis_name, contact.dnis_language,
        contact.birthday, *contact.groups, *(url.text for url in contact.urls),
        *(part for address in contact.addresses for part in address[:7] if part),
    )  # fmt: skip
    numbers = [each for number in contact.numbers for each in (number.text, digits(number.text))]
    return {
        "favourite": contact.favourite,
        "name": contact.name,
        "company": contact.company,
        "groups": "\n".join(["", *contact.groups, ""]) if contact.groups else "",
        "keys": " ".join(keys),
        # a tab ends what it is sorted by; without one, it stands in for what is not there
        "by_first": f"{first}\t{last} {name}" if first else name,
        "by_last": f"{last}\t{first} {name}" if last else name,
        "by_company": f"{company}\t{name}" if company else _LAST + name,
        "by_number": _sorted_number(primary.text, keys) if primary else _LAST + name,
        "find_name": _lines(names),
        "find_number": _lines((*numbers, *keys, *map(digits, keys))),
        "find_email": _lines(email.text for email in contact.emails),
        "find_other": _lines(other),
        "find_note": _lines((contact.note,)),
    }


def _sorted_number(text: str, keys: tuple[str, ...]) -> str:
    return next(iter(keys), "") if len(keys) == 1 else digits(text) or fold(text)


def _lines(texts: Iterable[str]) -> str:
    """Return each once, every one with a line feed before it: there it starts."""
    return "".join([f"\n{text}" for text in dict.fromkeys(map(fold, texts)) if text])


def as_ours(contact: Contact) -> Contact:
    """Return a contact of a file as the user's own: what the file says of where it is from does not count."""
    return replace(contact, kind=ContactKind.PERSONAL, source="", device="")


def samenesses(contact: Contact, keys: tuple[str, ...]) -> frozenset[str]:
    """Return texts of which two contacts have one in common if they are the same.

    They are if they have the same `uid`, or the same name (description, or first and last) and a number or an e-mail
    address in common, or, where one has neither, the same name and company.
    """
    names = {fold(contact.description), fold(f"{contact.first} {contact.last}")} - {""} or {fold(contact.company)}
    emails = [fold(email.text) for email in contact.emails]
    shared = [*(f"n{key}" for key in keys), *(f"e{email}" for email in emails if email)]
    shared = shared or [f"c{fold(contact.company)}"]
    found = {f"{name}\0{each}" for name in names for each in shared}
    return frozenset(found | {f"\0u{contact.uid}"} if contact.uid else found)


def hash_of(user: str, sameness: str) -> int:
    """Return a number to find a sameness by; others may have the same one."""
    text = f"{user}\0{sameness}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)
