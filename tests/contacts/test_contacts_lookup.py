"""Stored contacts on the ring of a real hub."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from contacts_client import client, imported

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

ADA = "+15855551234"
PEOPLE = "/contacts/people"


async def rung(desk: Desk, number: str = ADA, *, answer: bool = False) -> list[str]:
    """Call the desk from a number; return the names of the contacts that the ring event tells."""
    before = sum(event.type == "ring" for event in desk.events.all)
    ended = sum(event.type == "end" for event in desk.events.all)
    caller = desk.office.call(number, "told by the network")
    event: Any = await desk.events.type("ring", before + 1)
    if answer:
        await desk.phone.answer()
    desk.office.hang_up(caller)
    await desk.events.type("end", ended + 1)
    await desk.settled()
    return [contact.name for contact in event.call.contacts]


async def listed() -> None:
    """Return when the plugin has no more to list."""
    if tasks := [task for task in asyncio.all_tasks() if "plugin contacts: listing" in task.get_name()]:
        await asyncio.wait(tasks)


@pytest.mark.feature("CON-05")
async def test_a_ring_carries_the_name_of_whoever_is_stored(phonehub: RunHub) -> None:
    async with phonehub(users=("alice", "bob")) as desk, client(desk) as alice, client(desk, "bob") as bob:
        await bob.post(PEOPLE, json={"last": "Bob's own", "numbers": [{"text": ADA}]})
        assert await rung(desk) == []
        ada = {"last": "Ada", "company": "Engines", "groups": ["vip", "old"], "numbers": [{"text": "(585) 555-1234"}]}
        contact = (await alice.post(PEOPLE, json=ada)).json()["id"]
        assert await rung(desk) == ["Ada"]
        event: Any = await desk.events.type("ring", 2)
        told = event.call.contacts[0]
        assert (told.id, told.company, told.groups, told.favourite) == (contact, "Engines", ("vip", "old"), False)
        await alice.patch(f"{PEOPLE}/{contact}", json={"last": "Lovelace"})
        assert await rung(desk) == ["Lovelace"]
        await alice.patch(f"{PEOPLE}/{contact}", json={"numbers": [{"text": "585 555 9999"}]})
        assert (await rung(desk), await rung(desk, "+15855559999")) == ([], ["Lovelace"])
        await alice.delete(f"{PEOPLE}/{contact}")
        assert await rung(desk, "+15855559999") == []


@pytest.mark.feature("CON-05", "CON-06")
async def test_who_was_imported_is_known_at_once_and_after_a_restart(phonehub: RunHub) -> None:
    rows = "".join(f"Last{number},585555{number:04}\n" for number in range(1200))
    async with phonehub() as desk, client(desk) as alice:
        mine = {"last": "Last7", "company": "Old", "numbers": [{"text": "585 555 0007"}]}
        assert (await alice.post(PEOPLE, json=mine)).status_code == 201
        await imported(alice, f"Last Name,Phone\n{rows}".encode(), duplicates="merge")
        await listed()
        assert await rung(desk, "+15855551199") == ["Last1199"]
        assert await rung(desk, "+15855550007") == ["Last7"]
    async with phonehub() as desk, client(desk) as alice:
        await listed()
        assert await rung(desk, "+15855551199") == ["Last1199"]
        assert (await alice.delete(PEOPLE)).json() == {"deleted": 1200}
        assert await rung(desk, "+15855551199") == []


@pytest.mark.feature("CON-05")
async def test_of_several_the_favourite_comes_first_then_whoever_was_spoken_with_last(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        ids = {}
        for name, own in (("Ann", "+15855550001"), ("Bea", "+15855550002"), ("Cat", "+15855550003")):
            contact = {"first": name, "numbers": [{"text": own}, {"text": ADA}]}
            ids[name] = (await alice.post(PEOPLE, json=contact)).json()["id"]
        assert sorted(await rung(desk)) == ["Ann", "Bea", "Cat"]
        assert await rung(desk, "+15855550002", answer=True) == ["Bea"]
        assert (await rung(desk))[0] == "Bea"
        await alice.patch(f"{PEOPLE}/{ids['Cat']}", json={"favourite": True})
        assert (await rung(desk))[:2] == ["Cat", "Bea"]


@pytest.mark.feature("CON-05", "CALL-20")
async def test_numbers_are_read_anew_where_the_dial_plan_has_changed(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        await alice.post(PEOPLE, json={"last": "Ada", "numbers": [{"text": "0585 5551234"}]})
        assert await rung(desk, "+495855551234") == []
    german = '[users.alice.dial_plan]\ncountry = "DE"\n'
    async with phonehub(config=german) as desk, client(desk) as alice:
        await listed()
        assert await rung(desk, "+495855551234") == ["Ada"]
        found = (await alice.get(PEOPLE, params={"search": "+49 5855"})).json()["contacts"]
        assert [each["name"] for each in found] == ["Ada"]
