"""The contacts that a phone system manages, as it tells them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PhoneContactKind(StrEnum):
    """Whom the phone system knows: its users, whom its administrator keeps, and speed dials that everybody has."""

    USER = "user"
    SYSTEM = "system"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class ContactNumber:
    """A number as it is dialled, and what it is: `extension`, `mobile`, `speed dial`."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneContact:
    """A contact that the phone system manages; of its users, `id` is the user name.

    `favourite` and `primary` (one of the numbers; empty: the first) are the user's own, kept by the phone system.
    `source` is where the phone system has the contact from, `device` the handset that it is kept at, if it says so.
    """

    id: str
    kind: PhoneContactKind
    name: str
    first: str = ""
    last: str = ""
    company: str = ""
    email: str = ""
    numbers: tuple[ContactNumber, ...] = ()
    primary: str = ""
    favourite: bool = False
    source: str = ""
    device: str = ""
