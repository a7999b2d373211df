"""A ring says who calls, from what plugins have listed: a real hub at a real phone system."""

from __future__ import annotations

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
