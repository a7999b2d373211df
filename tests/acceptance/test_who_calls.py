"""A ring says who calls, from what plugins have listed: a real hub at a real phone system."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hub import Contact, Context, Listing, directory_key, hookimpl
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from pathlib import Path

CALLER = "+15855551234"
ADA = Contact(id="1", name="Ada Lovelace", company="Engines", source="book")
BEN = Contact(id="2", name="Ben", source="book", favourite=True)


class Book:
    """Lists Ada, and Ben with a colleague's extension; Ben gets Ada's number too when she has called."""

    @hookimpl
    def start(self, context: Context) -> None:
        plan = context.phone.plan
        context.directory.load([self.listing(context, ADA, "(585) 555-1234"), self.listing(context, BEN, "102")])
        assert plan.number("102").e164 == ""

    @hookimpl
    async def on_end(self, context: Context) -> None:
        context.directory.put([self.listing(context, BEN, CALLER)])

    def listing(self, context: Context, contact: Contact, number: str) -> Listing:
        return Listing(contact, (directory_key(context.phone.plan.number(number)),))


@pytest.mark.feature("CON-05")
async def test_a_ring_carries_the_name(tmp_path: Path) -> None:
    async with running_desk(tmp_path, Book) as desk:
        caller = desk.office.call(CALLER, "WIRELESS CALLER")
        ring = await desk.events.type("ring")
        assert ring.call.contacts == (ADA,)  # type: ignore[attr-defined]
        assert ring.call.name == "Ada Lovelace"  # type: ignore[attr-defined]
        desk.office.hang_up(caller)
        await desk.events.type("end")
        await desk.settled()
        again = desk.office.call(CALLER)
        ring = await desk.events.type("ring", 2)
        assert ring.call.contacts == (BEN, ADA), "the favourite first"  # type: ignore[attr-defined]
        desk.office.hang_up(again)
        await desk.events.type("end", 2)
        await desk.settled()
        names = [entry.name for entry in await desk.hub.store.calls("alice")]
        assert names == ["Ben", "Ada Lovelace"]


@pytest.mark.feature("CON-05")
async def test_a_colleague_is_found_by_the_extension(tmp_path: Path) -> None:
    async with running_desk(tmp_path, Book) as desk:
        await desk.phone.dial("102")
        dial = await desk.events.type("dial")
        assert dial.call.contacts == (BEN,)  # type: ignore[attr-defined]


RULES = """\
- name: Friends
  on: ring
  when: {caller: {known: true, group: friends, company: engines}}
  do: {note: "friend: %CALLNAME% of %COMPANY%, {{ contact.id }} from {{ contact.source }}"}
- name: Strangers
  on: ring
  when: {caller: {known: false}}
  do: {note: "stranger: %CALLNAME% of [%COMPANY%{{ contact.name }}]"}
- name: Found
  on: contact_found
  when: {caller: {group: customers}}
  do: {note: "found: {{ contact.name }} of {{ contact.company }}, shown as %CALLNAME%"}
"""


class Asks:
    """Finds, late, that everybody is a customer."""

    @hookimpl
    async def find_contact(self) -> list[Contact]:
        return [Contact(id="7", name="The customer", company="Shop", groups=("Customers",))]


class Friends(Book):
    """Lists Ada as a friend without a company, and again with one."""

    @hookimpl
    def start(self, context: Context) -> None:
        ada = Contact(id="1", name="Ada", groups=("Friends",), favourite=True, source="book")
        context.directory.put([self.listing(context, each, CALLER) for each in (ada, replace(ADA, id="2"))])


@pytest.mark.feature("RULE-04", "RULE-06", "CON-05")
async def test_rules_see_who_calls_at_once_and_later(tmp_path: Path) -> None:
    async with running_desk(tmp_path, Friends, Asks, rules={"a.yaml": RULES}) as desk:
        for calls, (number, name) in enumerate(((CALLER, "WIRELESS"), ("+15855559999", "Engines")), start=1):
            caller = desk.office.call(number, name)
            await desk.events.type("contact_found", calls)
            await desk.events.type("action_done", 2 * calls)
            desk.office.hang_up(caller)
            await desk.events.type("end", calls)
        await desk.settled()
        stranger, friend = await desk.hub.store.calls("alice")
    assert sorted(note.text for note in friend.notes) == [
        "found: The customer of Shop, shown as Ada",
        "friend: Ada of Engines, 1 from book",
    ]
    assert sorted(note.text for note in stranger.notes) == [
        "found: The customer of Shop, shown as The customer",
        "stranger: Engines of []",
    ]
