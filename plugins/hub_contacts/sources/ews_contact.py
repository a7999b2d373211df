"""A contact as Exchange Web Services have it: fields by the names that exchangelib gives them, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.properties import Body

from hub_contacts.contact import Address, Contact, Labelled, clean
from hub_contacts.sources.slots import addresses_by_place, collect, distribute

if TYPE_CHECKING:
    from exchangelib.items import Contact as ExchangeContact

PHONES = (
    ("BusinessPhone", "work"), ("BusinessPhone2", "work"), ("MobilePhone", "mobile"), ("HomePhone", "home"),
    ("HomePhone2", "home"), ("BusinessFax", "work fax"), ("HomeFax", "home fax"), ("OtherFax", "fax"),
    ("CompanyMainPhone", "main"), ("CarPhone", "car"), ("Pager", "pager"), ("Isdn", "isdn"),
    ("AssistantPhone", "assistant"), ("OtherTelephone", ""), ("PrimaryPhone", ""), ("Callback", ""), ("RadioPhone", ""),
)  # fmt: skip
EMAILS = (("EmailAddress1", ""), ("EmailAddress2", ""), ("EmailAddress3", ""))
ADDRESSES = (("Business", "work"), ("Home", "home"), ("Other", "other"))
TEXTS = {
    "given_name": "first",
    "middle_name": "middle",
    "surname": "last",
    "generation": "suffix",
    "company_name": "company",
    "department": "department",
    "job_title": "job_title",
    "business_homepage": "",
}
FIELDS = (
    *TEXTS, "display_name", "file_as", "email_addresses", "phone_numbers", "physical_addresses", "birthday",
    "categories", "body",
)  # fmt: skip
_LONGEST_NAME = 255
_DATE = 10


def fields_of(contact: Contact) -> dict[str, Any]:
    """Return what to write, None for what is empty."""
    told: dict[str, Any] = {name: getattr(contact, field) or None for name, field in TEXTS.items() if field}
    name = contact.name[:_LONGEST_NAME]
    emails = distribute((Labelled(each.text) for each in contact.emails), EMAILS)
    addresses = addresses_by_place(contact.addresses, ADDRESSES)
    return told | {
        "display_name": name,
        "file_as": name,
        "email_addresses": [EmailAddress(label=place, email=text) for place, text in emails.items()] or None,
        "phone_numbers": [
            PhoneNumber(label=place, phone_number=text) for place, text in distribute(contact.numbers, PHONES).items()
        ]
        or None,
        "physical_addresses": [_address(place, each) for place, each in addresses.items()] or None,
        "birthday": _birthday(contact.birthday),
        "business_homepage": next((url.text for url in contact.urls), None),
        "categories": [*contact.groups] or None,
        "body": Body(contact.note) if contact.note else None,
    }


def contact_of(item: ExchangeContact) -> Contact:
    """Return what an item says."""
    told: dict[str, Any] = {field: clean(getattr(item, name) or "") for name, field in TEXTS.items() if field}
    phones = {each.label: clean(each.phone_number or "") for each in item.phone_numbers or ()}
    emails = {each.label: clean(each.email or "") for each in item.email_addresses or ()}
    url = clean(item.business_homepage or "")
    groups = dict.fromkeys(filter(None, map(clean, item.categories or ())))
    contact = Contact(
        uid=str(item.id or ""),
        numbers=collect(phones, PHONES),
        emails=collect(emails, EMAILS),
        addresses=tuple(
            Address(
                street=clean(each.street or ""),
                city=clean(each.city or ""),
                region=clean(each.state or ""),
                code=clean(each.zipcode or ""),
                country=clean(each.country or ""),
                label=dict(ADDRESSES).get(each.label, "other"),
            )
            for each in item.physical_addresses or ()
            if any((each.street, each.city, each.state, each.zipcode, each.country))
        ),
        urls=(Labelled(url),) if url else (),
        birthday=item.birthday.isoformat()[:_DATE] if item.birthday else "",
        groups=tuple(groups),
        note=clean(str(item.body or "")),
        **told,
    )
    shown = clean(item.display_name or "")
    return contact if shown in {"", contact.name} else replace(contact, description=shown)


def _address(place: str, address: Address) -> PhysicalAddress:
    return PhysicalAddress(
        label=place,
        street=address.street or None,
        city=address.city or None,
        state=address.region or None,
        zipcode=address.code or None,
        country=address.country or None,
    )


def _birthday(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
