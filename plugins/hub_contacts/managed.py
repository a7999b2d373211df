"""The contacts that the phone system manages, beside the user's own: shown here, kept there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from hub import PhoneError
from hub_contacts.contact import Contact, ContactKind, Labelled, clean
from hub_contacts.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub import Context, PhoneContact
    from hub_contacts.book import Book

SOURCE = "phone"
"""The source account of all of them."""
_CONNECTED = "connected"


class Managed:
    """Keeps in a user's book what the user's phone system told last, also while there is no connection to it."""

    def __init__(self, context: Context, book: Book) -> None:
        self._context = context
        self._book = book
        self._is_new = False
        self._taking: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Take over, soon, what the phone system tells now."""
        self._is_new = True
        if self._taking is None or self._taking.done():
            self._taking = self._context.spawn(self._take_over(), "the phone system's contacts")

    async def mark(self, stored: Stored, *, favourite: bool | None = None, primary: str | None = None) -> Stored:
        """Have the phone system keep what the user makes of a contact; return that contact. Raises `PhoneError`."""
        contact = stored.contact
        await self._context.phone.mark_contact(contact.uid, favourite=favourite, primary=primary)
        if favourite is not None:
            contact = replace(contact, favourite=favourite)
        if primary is not None:
            contact = replace(contact, numbers=_marked(contact.numbers, primary))
        (kept,) = await self._book.put([replace(stored, contact=contact)])
        return kept

    async def _take_over(self) -> None:
        while self._is_new:
            self._is_new = False
            told = self._told()
            if told is None:
                return
            kept = await self._book.of_source(SOURCE)
            changed, gone = await asyncio.to_thread(_compared, told, kept)
            if gone:
                await self._book.delete(gone)
            if changed:
                await self._book.put(changed)

    def _told(self) -> tuple[PhoneContact, ...] | None:
        """Return what the phone system tells, nothing of one that has no contacts; None while it tells nothing."""
        try:
            phone = self._context.phone
        except LookupError:  # a user without a phone
            return None
        if phone.state != _CONNECTED:
            return None
        try:
            return phone.contacts()
        except PhoneError:  # it manages none
            return ()


def _compared(told: Iterable[PhoneContact], kept: Iterable[Stored]) -> tuple[list[Stored], set[str]]:
    """Return what is to be kept anew, and the ids of what is gone."""
    before = {each.id: each for each in kept}
    wanted = {each.id: each for each in map(stored_of, told)}
    known = {contact: before[contact] for contact in wanted if contact in before}
    new = [one for one in wanted.values() if one.id not in known]
    changed = [
        replace(wanted[contact], recent=was.recent)
        for contact, was in known.items()
        if was.contact != wanted[contact].contact
    ]
    return [*new, *changed], before.keys() - wanted.keys()


def stored_of(told: PhoneContact) -> Stored:
    """Return a contact of the phone system as it is kept: the same id each time."""
    numbers = tuple(Labelled(clean(number.text), clean(number.label)) for number in told.numbers)
    name, first, last = clean(told.name), clean(told.first), clean(told.last)
    kind = ContactKind(told.kind.value)
    contact = Contact(
        uid=told.id,
        kind=kind,
        source=SOURCE,
        device=told.device,
        description="" if name == f"{first} {last}" else name,
        first=first,
        last=last,
        company=clean(told.company),
        numbers=_marked(numbers, told.primary),
        emails=(Labelled(clean(told.email)),) if told.email else (),
        favourite=told.favourite,
        groups=(clean(told.source),) if told.source else (),
        login=told.id if kind is ContactKind.USER else "",
    )
    return Stored(id=blake2b(f"{SOURCE}\0{told.id}".encode(), digest_size=8).hexdigest(), contact=contact)


def _marked(numbers: tuple[Labelled, ...], primary: str) -> tuple[Labelled, ...]:
    return tuple(number._replace(primary=bool(primary) and number.text == primary) for number in numbers)
