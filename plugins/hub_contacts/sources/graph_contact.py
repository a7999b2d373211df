"""A contact as Microsoft Graph has it: the resource `contact` of version 1.0, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub_contacts.contact import Address, Contact, Labelled, clean
from hub_contacts.sources.slots import addresses_by_place, collect, distribute

_PHONES = (
    ("businessPhones.0", "work"), ("businessPhones.1", "work"), ("mobilePhone", "mobile"), ("homePhones.0", "home"),
    ("homePhones.1", "home"),
)  # fmt: skip
_ANY_PHONE = tuple((place, "") for place in ("businessPhones.1", "homePhones.1", "businessPhones.0", "homePhones.0"))
_ADDRESSES = (("businessAddress", "work"), ("homeAddress", "home"), ("otherAddress", "other"))
_ADDRESS = {
    "street": "street",
    "city": "city",
    "state": "region",
    "postalCode": "code",
    "countryOrRegion": "country",
}
_TEXTS = {
    "title": "prefix",
    "givenName": "first",
    "middleName": "middle",
    "surname": "last",
    "generation": "suffix",
    "companyName": "company",
    "department": "department",
    "jobTitle": "job_title",
    "personalNotes": "note",
}
_MOST_EMAILS = 3
_DATE = 10


def json_of(contact: Contact) -> dict[str, Any]:
    """Return what to write: every property that we keep, those that are empty as null."""
    told: dict[str, Any] = {name: getattr(contact, field) or None for name, field in _TEXTS.items()}
    phones = distribute(contact.numbers, (*_PHONES, *_ANY_PHONE))
    addresses = addresses_by_place(contact.addresses, _ADDRESSES)
    emails = contact.emails[:_MOST_EMAILS]
    return told | {
        "displayName": contact.name,
        "businessPhones": _listed(phones, "businessPhones"),
        "homePhones": _listed(phones, "homePhones"),
        "mobilePhone": phones.get("mobilePhone"),
        "emailAddresses": [{"address": each.text, "name": contact.name} for each in emails],
        "businessHomePage": next((url.text for url in contact.urls), None),
        "birthday": f"{contact.birthday}T11:59:00Z" if _is_date(contact.birthday) else None,
        "categories": [*contact.groups],
        **{place: _address(addresses.get(place)) for place, _ in _ADDRESSES},
    }


def contact_of(told: dict[str, Any]) -> Contact:
    """Return what a resource says; what is of another type than it should be says nothing."""
    phones = {"mobilePhone": _text(told.get("mobilePhone"))}
    for name in ("businessPhones", "homePhones"):
        phones |= {f"{name}.{place}": text for place, text in enumerate(_texts(told.get(name)))}
    addresses = [_address_of(told.get(place), label) for place, label in _ADDRESSES]
    emails = [each.get("address") for each in _list(told.get("emailAddresses")) if isinstance(each, dict)]
    url = _text(told.get("businessHomePage"))
    fields: dict[str, Any] = {field: _text(told.get(name)) for name, field in _TEXTS.items()}
    contact = Contact(
        uid=_text(told.get("id")),
        numbers=collect(phones, _PHONES),
        emails=tuple(Labelled(text) for text in map(_text, emails) if text),
        addresses=tuple(address for address in addresses if any(address[:7])),
        urls=(Labelled(url),) if url else (),
        birthday=_text(told.get("birthday"))[:_DATE],
        groups=tuple(dict.fromkeys(_texts(told.get("categories")))),
        **fields,
    )
    shown = _text(told.get("displayName"))
    return contact if shown in {"", contact.name} else replace(contact, description=shown)


def _listed(phones: dict[str, str], name: str) -> list[str]:
    return [phones[place] for place, _ in _PHONES if place.startswith(f"{name}.") and place in phones]


def _address(address: Address | None) -> dict[str, str]:
    given = address or Address()
    return {name: text for name, field in _ADDRESS.items() if (text := getattr(given, field))}


def _address_of(told: Any, label: str) -> Address:
    given = told if isinstance(told, dict) else {}
    return Address(
        street=_text(given.get("street")),
        city=_text(given.get("city")),
        region=_text(given.get("state")),
        code=_text(given.get("postalCode")),
        country=_text(given.get("countryOrRegion")),
        label=label,
    )


def _is_date(text: str) -> bool:
    return len(text) == _DATE and text[:4].isdigit()


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [text for each in _list(value) if (text := _text(each))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
