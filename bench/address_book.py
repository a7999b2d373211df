"""People that do not exist, as many as a benchmark asks for, and how vobject reads and writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vobject

from hub_contacts.contact import Address, Contact, Labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = ("Jane", "Zoë", "Ana María", "Jürgen", "李", "O'Neil", "Anne-Marie", "Ibrahim")
LAST = ("Doe", "Söderberg", "García López", "Müller-Lüdenscheidt", "王", "Smith, Jr.", "van der Berg", "Nowak")
TYPES = {"work": ["WORK"], "mobile": ["CELL"], "home": ["HOME"], "work fax": ["WORK", "FAX"]}
NOTE = "Met at the fair in Hannover; asked for a quote, and for a visit.\nCalls back in the morning only."


def people(how_many: int) -> Iterator[Contact]:
    for n in range(how_many):
        first, last = FIRST[n % len(FIRST)], LAST[n // 3 % len(LAST)]
        yield Contact(
            uid=f"urn:uuid:4fbe8971-0bc3-424c-9c26-{n:012}",
            description=f"{first} {last} {n}",
            first=first,
            last=last,
            company=f"Söhne & Co {n % 500}",
            department="Sales",
            job_title="Buyer",
            numbers=(
                Labelled(f"+1 585 555 {n % 10000:04}", "work"),
                Labelled(f"+49 171 {n:07}", "mobile"),
                Labelled(f"0{n:06}", "work fax"),
            ),
            emails=(Labelled(f"p{n}@example.com", "work"), Labelled(f"p{n}@home.example", "home")),
            addresses=(
                Address(
                    street=f"Main Street {n}", city="Rochester", region="NY", code="14604", country="USA", label="work"
                ),
                Address(
                    street=f"Park Avenue {n}", city="Ithaca", region="NY", code="14850", country="USA", label="home"
                ),
            ),
            urls=(Labelled(f"https://people.example.com/{n}", "work"),),
            birthday=f"19{n % 60 + 40}-04-{n % 28 + 1:02}",
            groups=("Customers",),
            note=NOTE if n % 3 == 0 else "",
        )


def to_vobject(contact: Contact) -> str:
    """Write a contact by vobject, as one would."""
    card = vobject.vCard()
    card.add("uid").value = contact.uid
    card.add("fn").value = contact.description
    card.add("n").value = vobject.vcard.Name(family=contact.last, given=contact.first)
    card.add("org").value = [contact.company, contact.department]
    card.add("title").value = contact.job_title
    for kind, several in (("tel", contact.numbers), ("email", contact.emails), ("url", contact.urls)):
        for each in several:
            line = card.add(kind)
            line.value = each.text
            line.type_param = ["INTERNET", *TYPES[each.label]] if kind == "email" else TYPES[each.label]
    for address in contact.addresses:
        line = card.add("adr")
        line.value = vobject.vcard.Address(
            street=address.street, city=address.city, region=address.region, code=address.code, country=address.country
        )
        line.type_param = TYPES[address.label]
    card.add("bday").value = contact.birthday
    card.add("categories").value = list(contact.groups)
    if contact.note:
        card.add("note").value = contact.note
    text: str = card.serialize()
    return text


def gist(contact: Contact) -> dict[str, object]:
    """Return what both sides must agree on, from our side."""
    return {
        "uid": contact.uid,
        "name": (contact.description, contact.first, contact.last),
        "org": (contact.company, contact.department, contact.job_title),
        "numbers": [each.text for each in contact.numbers],
        "emails": [each.text for each in contact.emails],
        "address": [(each.street, each.city, each.region, each.code, each.country) for each in contact.addresses],
        "urls": [each.text for each in contact.urls],
        "birthday": contact.birthday,
        "groups": contact.groups,
        "note": contact.note,
    }


def vobject_gist(card: vobject.base.Component) -> dict[str, object]:
    """Return what both sides must agree on, as vobject read it."""
    fields = card.contents
    return {
        "uid": card.uid.value,
        "name": (card.fn.value, card.n.value.given, card.n.value.family),
        "org": (*card.org.value, card.title.value),
        "numbers": [each.value for each in fields["tel"]],
        "emails": [each.value for each in fields["email"]],
        "address": [
            (each.value.street, each.value.city, each.value.region, each.value.code, each.value.country)
            for each in fields["adr"]
        ],
        "urls": [each.value for each in fields["url"]],
        "birthday": card.bday.value,
        "groups": tuple(card.categories.value),
        "note": fields["note"][0].value if "note" in fields else "",
    }
