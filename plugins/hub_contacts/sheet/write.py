"""Writes CSV so that spreadsheets keep it as it is, and reading it again gives the same contacts."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

from hub_contacts.contact import Contact, ContactKind
from hub_contacts.sheet.columns import ADDRESS_PARTS
from hub_contacts.sheet.guard import guard
from hub_contacts.vcard.line import escape
from hub_contacts.vcard.write import Version, vcard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

_NUMBERS, _EMAILS, _URLS, _ADDRESSES = 6, 3, 2, 2
_SINGLE = (
    ("Description", "description"), ("Prefix", "prefix"), ("First Name", "first"), ("Middle Name", "middle"),
    ("Last Name", "last"), ("Suffix", "suffix"), ("Company", "company"), ("Department", "department"),
    ("Job Title", "job_title"),
)  # fmt: skip
_REST = (
    ("Note", "note"), ("Birthday", "birthday"), ("Login", "login"), ("DNIS Name", "dnis_name"),
    ("DID Prompt Language", "dnis_language"), ("Source", "source"), ("Device", "device"), ("UID", "uid"),
)  # fmt: skip
HEADINGS = (
    *(heading for heading, _ in _SINGLE),
    *(f"Phone {n} - {what}" for n in range(1, _NUMBERS + 1) for what in ("Value", "Label", "Primary")),
    *(f"E-mail {n} - {what}" for n in range(1, _EMAILS + 1) for what in ("Value", "Label", "Primary")),
    *(f"Website {n} - {what}" for n in range(1, _URLS + 1) for what in ("Value", "Label", "Primary")),
    *(
        f"Address {n} - {what.title()}"
        for n in range(1, _ADDRESSES + 1)
        for what in (*ADDRESS_PARTS, "label", "primary")
    ),
    *(heading for heading, _ in _REST),
    "Groups", "Favourite", "Kind", "vCard",
)  # fmt: skip


def write_csv(contacts: Iterable[Contact], stream: BinaryIO, *, delimiter: str = ",", guarded: bool = True) -> int:
    """Write contacts as UTF-8 with a byte order mark, one a row; returns how many they were.

    `guarded` puts an apostrophe before cells that a spreadsheet would run as formulas or make figures of; without, the
    file is for other programs, and reading it again cannot tell. What there are no columns for stands in the last one.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(HEADINGS)
        count = 0
        for contact in contacts:
            cells = _cells(contact)
            writer.writerow(map(guard, cells) if guarded else cells)
            count += 1
    finally:
        text.detach()
    return count


def _cells(contact: Contact) -> list[str]:
    cells = [getattr(contact, field) for _, field in _SINGLE]
    for several, most in ((contact.numbers, _NUMBERS), (contact.emails, _EMAILS), (contact.urls, _URLS)):
        for each in several[:most]:
            cells += [each.text, each.label, "1" if each.primary else ""]
        cells += [""] * (3 * (most - len(several)))
    for address in contact.addresses[:_ADDRESSES]:
        cells += [*address[:8], "1" if address.primary else ""]
    cells += [""] * (9 * (_ADDRESSES - len(contact.addresses)))
    cells += [getattr(contact, field) for _, field in _REST]
    cells += [
        ",".join(escape(group) for group in contact.groups),
        "1" if contact.favourite else "",
        "" if contact.kind is ContactKind.PERSONAL else contact.kind.value,
        _rest(contact),
    ]
    return cells


def _rest(contact: Contact) -> str:
    """Return content lines of a vCard for what there are no columns for."""
    rest = Contact(
        description="-",
        numbers=contact.numbers[_NUMBERS:],
        emails=contact.emails[_EMAILS:],
        urls=contact.urls[_URLS:],
        addresses=contact.addresses[_ADDRESSES:],
        photo=contact.photo,
        extra=contact.extra,
    )
    if rest == replace(Contact(), description="-"):
        return ""
    lines = vcard(rest, Version.V4).replace("\r\n ", "").split("\r\n")  # without folds: a row has so many lines only
    return "\n".join(lines[3:-2])
