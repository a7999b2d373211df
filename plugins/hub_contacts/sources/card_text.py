"""Contacts as the text of cards, and what two of them are compared by."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from hub_contacts.contact import ContactKind
from hub_contacts.fold import digits, fold
from hub_contacts.refused import Refused
from hub_contacts.vcard.read import read_vcards
from hub_contacts.vcard.write import Version, vcard

if TYPE_CHECKING:
    from hub_contacts.contact import Contact


def contact_in(text: str) -> Contact | None:
    """Return the contact of a card's text, as the user's own; None if the card cannot be read."""
    for each in read_vcards(BytesIO(text.encode())):
        if not isinstance(each, Refused):
            return plain(each)
    return None


def plain(contact: Contact) -> Contact:
    """Return a contact without what only we say of where it is from."""
    return replace(contact, kind=ContactKind.PERSONAL, source="", device="")


def text_of(contact: Contact, version: Version = Version.V4) -> str:
    """Return a contact as the text of a card."""
    return vcard(plain(contact), version)


def fingerprint(contact: Contact) -> str:
    """Return what two contacts have in common if they say the same, by whatever `uid`."""
    return short(text_of(replace(contact, uid="")).encode("utf-8", "surrogatepass"))


def alike(contact: Contact) -> str:
    """Return what a contact has in common with what any source makes of it: names, company, e-mail, first number."""
    emails = sorted(fold(each.text) for each in contact.emails)
    number = digits(contact.numbers[0].text) if contact.numbers else ""
    name = fold(f"{contact.first} {contact.last}") or fold(contact.name)
    told = "\n".join([name, fold(contact.company), number, *emails[:1]])
    return short(told.encode("utf-8", "surrogatepass"))


def short(data: bytes) -> str:
    """Return a digest."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
