"""A file of vCards as a source sees it: each card with a key that stays, what cannot be read, what is written back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub import Problem
from hub_contacts.charset import FALLBACK
from hub_contacts.refused import Refused
from hub_contacts.sources.card_text import text_of
from hub_contacts.vcard.cards import cards
from hub_contacts.vcard.read import read_card
from hub_contacts.vcard.unfold import Lines

if TYPE_CHECKING:
    from hub_contacts.contact import Contact


@dataclass(slots=True)
class VcfFile:
    """The cards of a file by key, as text and as they stand there; whole if all of it could be read."""

    texts: dict[str, str] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_whole: bool = True

    def data(self) -> bytes:
        """Return what to write: the cards in their order, each as it stands there."""
        return b"".join(self.raw.values())

    def write(self, key: str, text: str) -> None:
        """Put a card in the place of the one of that key, or at the end."""
        self.raw[key] = text.encode()

    def remove(self, key: str) -> None:
        """Take a card out."""
        del self.raw[key]


def read_vcf(data: bytes, place: str) -> VcfFile:
    """Read a file; `place` is its name for people."""
    file, lines = VcfFile(), Lines(FALLBACK)
    for card in cards(BytesIO(data)):
        if isinstance(card, Refused):
            contact, refused = None, [card]
        else:
            contact, refused = read_card(card, lines)
        file.problems += [Problem(f"{place}:{each.line}", each.reason, "mend the card") for each in refused]
        if contact is None or isinstance(card, Refused):
            file.is_whole = False
            continue
        key = _key(contact, file)
        file.texts[key] = text_of(contact)
        file.raw[key] = b"BEGIN:VCARD\n" + card.data + (b"" if card.data.endswith(b"\n") else b"\n") + b"END:VCARD\n"
    return file


def etag_of(text: str) -> str:
    """Return the version of a card."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _key(contact: Contact, file: VcfFile) -> str:
    """Return the card's UID, or what stands for its name where it has none; numbered where there are several."""
    name = hashlib.blake2b(contact.name.encode(), digest_size=8).hexdigest()
    key = base = quote(contact.uid, safe="") if contact.uid else f"={name}"
    number = 1
    while key in file.texts:
        number += 1
        key = f"{base}~{number}"
    return key
