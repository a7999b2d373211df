"""Reads vCard 2.1, 3.0 and 4.0: what the cards of a file say of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub_contacts.charset import FALLBACK
from hub_contacts.refused import LIMITS, Limits, Refused
from hub_contacts.vcard.build import Building
from hub_contacts.vcard.cards import Card, cards
from hub_contacts.vcard.unfold import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from hub_contacts.contact import Contact


def read_vcards(stream: BinaryIO, *, limits: Limits = LIMITS, fallback: str = FALLBACK) -> Iterator[Contact | Refused]:
    """Read a file of vCards, one at a time; text that is not UTF-8 and says nothing of itself is in `fallback`."""
    lines = Lines(fallback)
    for card in cards(stream, limits):
        if isinstance(card, Refused):
            yield card
        else:
            contact, refused = read_card(card, lines, limits)
            if contact is not None:
                yield contact
            if refused:
                yield from refused


def read_card(card: Card, lines: Lines, limits: Limits = LIMITS) -> tuple[Contact | None, list[Refused]]:
    """Return the contact of a card, and what of it could not be taken; or no contact, and why."""
    found, astray, pure = lines.read(card.data)
    if len(found) > limits.properties:
        return None, [Refused(card.line, f"the card has more than {limits.properties:,} properties")]
    building = Building(limits, pure=pure)
    building.take(found)
    contact = building.contact()
    if contact is None:
        return None, [Refused(card.line, "the card says nothing: it has no name, number or address")]
    if not (astray or building.refused):
        return contact, []
    reasons = [f'"{line[:60]}" is no property' for line in astray] + building.refused
    return contact, [Refused(card.line, reason, partly=True) for reason in reasons]
