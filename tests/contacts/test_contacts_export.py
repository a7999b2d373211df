"""Contacts of a real hub written to files, and read again."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from contact_strategies import CONTACT
from contacts_client import client, everybody, imported
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub_contacts.contact import Contact, ContactKind, Labelled
from hub_contacts.stored import Stored, as_ours, new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk
    from hub_contacts.book import Book

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

DOOR = Contact(kind=ContactKind.SYSTEM, source="phone", description="Door", numbers=(Labelled("101"),))
MANY: list[Contact] = []


@settings(max_examples=50, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(CONTACT.map(as_ours), min_size=2, max_size=2))
def collect(contacts: list[Contact]) -> None:
    MANY.extend(contacts)


def book(desk: Desk, user: str = "alice") -> Book:
    plugin: Any = next(each for each in desk.hub.plugins if each.name == "contacts")
    found: Book = plugin.implementation._books[user]
    return found


async def kept(desk: Desk, asked: Any, user: str) -> list[Contact]:
    """Return all that is kept of a user's contacts, in no order."""
    found = [await book(desk, user).get(each["id"]) for each in await everybody(asked)]
    return sorted((each.contact for each in found if each), key=repr)


@pytest.mark.feature("CON-08")
@pytest.mark.parametrize("kind", ["csv", "vcard", "vcard3"])
async def test_what_is_exported_and_imported_again_is_the_same_in_every_field(phonehub: RunHub, kind: str) -> None:
    if not MANY:
        collect()
    contacts = [each for each in MANY if each.name]
    async with phonehub(users=("alice", "bob")) as desk, client(desk) as alice, client(desk, "bob") as bob:
        await book(desk).put([Stored(id=new_id(), contact=each) for each in contacts])
        file = await alice.get("/contacts/export", params={"format": kind})
        assert file.headers["x-contact-count"] == str(len(contacts)) == str(len(await everybody(alice)))
        assert file.headers["content-disposition"].startswith("attachment")
        told = await imported(bob, file.content, duplicates="keep")
        assert (told["state"], told["added"], told["refused"]) == ("done", len(contacts), 0)
        assert await kept(desk, bob, "bob") == await kept(desk, alice, "alice") == sorted(contacts, key=repr)


@pytest.mark.feature("CON-08")
async def test_a_spreadsheet_runs_nothing_and_keeps_numbers(phonehub: RunHub) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    contact = {
        "last": evil,
        "company": "@SUM(1)",
        "note": "-2+3",
        "numbers": [{"text": "+49 30 1234"}, {"text": "01069"}],
    }
    async with phonehub() as desk, client(desk) as alice:
        assert (await alice.post("/contacts/people", json=contact)).status_code == 201
        file = (await alice.get("/contacts/export", params={"format": "csv"})).content.decode("utf-8-sig")
        headings, row = csv.reader(io.StringIO(file))
        cells = {heading: cell for heading, cell in zip(headings, row, strict=True) if cell}
        assert not [cell for cell in cells.values() if cell[0] in "=+-@\t\r"]
        assert cells["Last Name"] == "'" + evil
        assert [cells[f"Phone {n} - Value"] for n in (1, 2)] == ["'+49 30 1234", "'01069"]


@pytest.mark.feature("CON-08", "CON-03")
async def test_what_is_exported_can_be_chosen(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        await imported(alice, b"Last Name,Company,Phone\nBerg,A,1001\nCole,B,1002\n")
        await alice.post("/contacts/people", json={"last": "Dorn", "favourite": True})
        await book(desk).put([Stored(id=new_id(), contact=DOOR)])

        async def exported(**query: Any) -> tuple[str, list[str]]:
            file = await alice.get("/contacts/export", params={"format": "vcard", **query})
            names = [line[3:] for line in file.text.splitlines() if line.startswith("FN")]
            return file.headers["x-contact-count"], [name.split(":")[-1] for name in names]

        assert (await exported())[0] == "3"
        assert await exported(search="cole") == ("1", ["Cole"])
        assert await exported(show=["favourites"]) == ("1", ["Dorn"])
        assert await exported(show=["system"]) == ("1", ["Door"])
        assert (await alice.get("/contacts/export", params={"format": "xls"})).status_code == 422
        assert (await alice.get("/contacts/export")).status_code == 422
