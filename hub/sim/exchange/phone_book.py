"""The contacts that a phone system manages, and what each user has made of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hub.core.phone_contacts import ContactNumber, PhoneContactKind
from hub.phone.commands import MarkContact
from hub.sim.exchange.journal import ContactsTold
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_colleagues import MOST_CONTACTS, WireContact

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.sim.exchange.office import KnownContact, Office, User
    from hub.sim.exchange.reach import Asking, Deeds


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a user has made of a contact."""

    favourite: bool = False
    primary: str = ""


_NONE = _Mark()


class PhoneBook:
    """The contacts of an office: its users but for the unlisted, and those that the administrator keeps."""

    def __init__(self, office: Office, tell: Callable[[ContactsTold], None]) -> None:
        self._users = office.users
        self._tell = tell
        listed = (_of_user(user, office) for user in office.users.values() if not user.unlisted)
        kept = (_kept(contact, office) for contact in office.contacts)
        self._contacts = {contact.id: contact for contact in [*kept, *listed][:MOST_CONTACTS]}
        self._marks: defaultdict[str, dict[str, _Mark]] = defaultdict(dict)

    @property
    def deeds(self) -> Deeds:
        """What can be asked here."""
        return {MarkContact: self._mark}

    def seen_by(self, user: str) -> tuple[WireContact, ...]:
        """Return all contacts of a user, as that user has marked them."""
        return tuple(self._marked(user, contact) for contact in self._contacts.values() if self._sees(user, contact))

    def put(self, at: datetime, contact: KnownContact, office: Office) -> None:
        """Add a contact, or put it in the place of the one of its id. Raises `Refused`."""
        if contact.id in self._users:
            raise Refused(Code.BAD_REQUEST, f"{contact.id[:80]!r} is a user")
        if contact.speed_dial:
            raise Refused(Code.BAD_REQUEST, "a new speed dial is dialled only after the office was opened anew")
        if len(self._contacts) >= MOST_CONTACTS and contact.id not in self._contacts:
            raise Refused(Code.BAD_REQUEST, f"there are {MOST_CONTACTS} contacts already")
        self._contacts[contact.id] = put = _kept(contact, office)
        for user in self._users:
            self._tell(ContactsTold(user=user, at=at, changed=(self._marked(user, put),)))

    def remove(self, at: datetime, contact: str) -> None:
        """Remove a contact. Raises `Refused`."""
        if contact in self._users or self._contacts.pop(contact, None) is None:
            raise Refused(Code.UNKNOWN_CONTACT, f"the administrator keeps no contact {contact[:80]!r}")
        for user in self._users:
            self._marks[user].pop(contact, None)
            self._tell(ContactsTold(user=user, at=at, changed=(), gone=(contact,)))

    def _mark(self, at: datetime, asking: Asking, command: MarkContact) -> Accepted:
        user, contact = asking.user.name, self._contacts.get(command.contact)
        if contact is None or not self._sees(user, contact):
            raise Refused(Code.UNKNOWN_CONTACT, f"the phone system has no contact {command.contact[:80]!r}")
        if command.primary and command.primary not in {number.text for number in contact.numbers}:
            raise Refused(Code.INVALID_NUMBER, f"{contact.name} has no number {command.primary[:40]!r}")
        before = mark = self._marks[user].get(contact.id, _NONE)
        if command.favourite is not None:
            mark = replace(mark, favourite=command.favourite)
        if command.primary is not None:
            mark = replace(mark, primary=command.primary)
        if mark != before:
            self._marks[user][contact.id] = mark
            self._tell(ContactsTold(user=user, at=at, changed=(self._marked(user, contact),)))
        return Accepted()

    def _sees(self, user: str, contact: WireContact) -> bool:
        if contact.kind is not PhoneContactKind.USER:
            return True
        return contact.id != user and self._users[user].sees_colleagues

    def _marked(self, user: str, contact: WireContact) -> WireContact:
        mark = self._marks[user].get(contact.id, _NONE)
        is_there = any(number.text == mark.primary for number in contact.numbers)
        primary = mark.primary if is_there else ""
        return contact.model_copy(update={"favourite": mark.favourite, "primary": primary})


def _of_user(user: User, office: Office) -> WireContact:
    numbers = (ContactNumber(user.extension, "extension"), *user.numbers)
    fields = {"id": user.name, "kind": PhoneContactKind.USER, "name": user.who.name, "source": office.name}
    return WireContact.model_validate({**fields, "numbers": numbers})


def _kept(contact: KnownContact, office: Office) -> WireContact:
    dialled = (ContactNumber(contact.speed_dial, "speed dial"),) if contact.speed_dial else ()
    fields = {name: getattr(contact, name) for name in ("id", "name", "first", "last", "company", "email", "device")}
    kind = PhoneContactKind.PUBLIC if contact.speed_dial else PhoneContactKind.SYSTEM
    numbers, source = (*dialled, *contact.numbers), contact.source or office.name
    return WireContact.model_validate({**fields, "kind": kind, "numbers": numbers, "source": source})
