"""What the simulated phone system tells of a user's colleagues and its contacts; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from hub.core.colleagues import Lamp  # noqa: TC001  pydantic reads it
from hub.core.phone_contacts import ContactNumber, PhoneContactKind
from hub.core.presence import Presence  # noqa: TC001
from hub.sim.wire_boards import WirePart
from hub.sim.wire_types import Id, Name, NumberText, Time, Wire

MOST_COLLEAGUES = 5000
"""The most colleagues of a user; of a phone system that has more the first are told."""
MOST_CONTACTS = 10_000
"""The most contacts that a phone system manages; of one that has more the first are told."""
MOST_NUMBERS = 20
"""The most numbers of a contact."""


class WireColleague(Wire):
    """A colleague's busy lamp."""

    user: Annotated[Id, Field(min_length=1)]
    name: Name = ""
    extension: NumberText = ""
    lamp: Lamp
    since: Time | None = None
    presence: Presence | None = None


WireColleagues = Annotated[tuple[WireColleague, ...], Field(max_length=MOST_COLLEAGUES)]


class ColleaguesEvent(Wire):
    """Some colleagues are doing something else, or are there no more."""

    type: Literal["colleagues"] = "colleagues"
    at: Time
    changed: WireColleagues = ()
    gone: Annotated[tuple[Id, ...], Field(max_length=MOST_COLLEAGUES)] = ()


class WireContactNumber(WirePart):
    """A number of a contact."""

    becomes = ContactNumber

    text: Annotated[NumberText, Field(min_length=1)]
    label: Name = ""


class WireContact(Wire):
    """A contact that the phone system manages."""

    id: Annotated[Id, Field(min_length=1)]
    kind: PhoneContactKind
    name: Name = ""
    first: Name = ""
    last: Name = ""
    company: Name = ""
    email: Name = ""
    numbers: Annotated[tuple[WireContactNumber, ...], Field(max_length=MOST_NUMBERS)] = ()
    primary: NumberText = ""
    favourite: StrictBool = False
    source: Name = ""
    device: Id = ""


WireContacts = Annotated[tuple[WireContact, ...], Field(max_length=MOST_CONTACTS)]


class ContactsEvent(Wire):
    """Some contacts are different, or are there no more."""

    type: Literal["contacts"] = "contacts"
    at: Time
    changed: WireContacts = ()
    gone: Annotated[tuple[Id, ...], Field(max_length=MOST_CONTACTS)] = ()


class MarkContact(Wire):
    """Say what is the user's own of a contact."""

    type: Literal["mark_contact"] = "mark_contact"
    id: Id
    contact: Id
    favourite: StrictBool | None = None
    primary: NumberText | None = None
