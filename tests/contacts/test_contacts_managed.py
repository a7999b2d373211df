"""The contacts that the phone system manages, beside the user's own: shown, marked, and who is calling by them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from contacts_client import WITHIN, client, everybody

from hub.core.phone_contacts import ContactNumber
from hub.sim import scenario
from hub.sim.exchange.office import KnownContact
from hub.sim.samples import TWO_DESKS, sample_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    from hub.sim.exchange.office import Office
    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

pytestmark = pytest.mark.feature("CON-01")
BANK = KnownContact(
    id="bank",
    name="Bank & Co.",
    company="Bank & Co.",
    email="desk@bank.example",
    numbers=(ContactNumber("+15855550007", "work"), ContactNumber("+15855550008", "mobile")),
    source="ERP",
    device="bob-desk",
)
TAXI = KnownContact(id="taxi", name="Taxi", numbers=(ContactNumber("+15855550009", "work"),), speed_dial="77")
ADMIN = '[plugins.contacts]\nadministrators = ["bob"]\n'


def office() -> Office:
    base = scenario.load(sample_scenario(TWO_DESKS)).office
    bob = replace(base.users["bob"], numbers=(ContactNumber("+15855550055", "mobile"),))
    return replace(base, users={**base.users, "bob": bob}, contacts=(BANK, TAXI))


async def people(asked: httpx.AsyncClient, enough: Callable[[dict[str, Any]], object] = len) -> dict[str, Any]:
    """Return the contacts by name, once they are as they should be."""
    async with asyncio.timeout(WITHIN):
        while True:
            found = {each["name"]: each for each in await everybody(asked)}
            if enough(found):
                return found
            await asyncio.sleep(0.02)


def all_there(found: dict[str, Any]) -> bool:
    return len(found) >= 3


async def test_they_are_listed_beside_ones_own(phonehub: RunHub) -> None:
    async with phonehub(office=office()) as desk, client(desk) as alice:
        await alice.post("/contacts/people", json={"first": "Ada", "last": "Own", "numbers": [{"text": "+1585555"}]})
        found = await people(alice, lambda found: len(found) == 4)
        assert {name: each["kind"] for name, each in found.items()} == {
            "Ada Own": "personal", "Bob Builder": "user", "Bank & Co.": "system", "Taxi": "public",
        }  # fmt: skip
        bank, bob = found["Bank & Co."], found["Bob Builder"]
        assert (bank["source"], bank["device"], bank["groups"]) == ("phone", "bob-desk", ["ERP"])
        assert (bank["company"], bank["emails"][0]["text"]) == ("Bank & Co.", "desk@bank.example")
        assert [(each["text"], each["label"]) for each in found["Taxi"]["numbers"]] == [
            ("77", "speed dial"), ("+15855550009", "work"),
        ]  # fmt: skip
        assert (bob["login"], [each["text"] for each in bob["numbers"]]) == ("bob", ["102", "+15855550055"])
        for show, name in (("users", "Bob Builder"), ("system", "Bank & Co."), ("public", "Taxi")):
            assert [each["name"] for each in await everybody(alice, show=show)] == [name]
        assert [each["name"] for each in await everybody(alice, search="bank.example")] == ["Bank & Co."]


async def test_only_favourite_and_primary_number_change_and_the_phone_system_keeps_them(phonehub: RunHub) -> None:
    async with (
        phonehub(office=office(), users=("alice", "bob")) as desk,
        client(desk) as alice,
        client(desk, "bob") as bob,
    ):
        bank = (await people(alice, all_there))["Bank & Co."]
        path, numbers = f"/contacts/people/{bank['id']}", bank["numbers"]
        for wrong in (
            {"company": "X"},
            {"note": "mine"},
            {"favourite": True, "last": "X"},
            {"numbers": [{"text": "102"}]},
            {"numbers": [{**numbers[0], "label": "home"}, numbers[1]]},
            {"numbers": numbers[:1]},
        ):
            refused = await alice.patch(path, json=wrong)
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), wrong
            assert "the phone system's" in refused.json()["message"]
        assert (await alice.delete(path)).status_code == 403
        assert (await alice.delete(f"{path}/photo")).status_code == 403

        wanted = {"favourite": True, "numbers": [numbers[0], {**numbers[1], "primary": True}]}
        changed = (await alice.patch(path, json=wanted)).json()
        assert (changed["favourite"], [each["primary"] for each in changed["numbers"]]) == (True, [False, True])
        assert [each["name"] for each in await everybody(alice, show="favourites")] == ["Bank & Co."]
        exchange, now = desk.office.server.exchange, desk.office.server.now
        kept = {
            name: {one.id: one for one in exchange.snapshot(now(), name).contacts}["bank"] for name in ("alice", "bob")
        }
        assert (kept["alice"].favourite, kept["alice"].primary) == (True, "+15855550008")
        assert (kept["bob"].favourite, kept["bob"].primary) == (False, "")
        assert not (await people(bob, all_there))["Bank & Co."]["favourite"]

        again = (await alice.patch(path, json={"favourite": False})).json()
        assert (again["favourite"], [each["primary"] for each in again["numbers"]]) == (False, [False, True])


async def test_what_the_administrator_changes_is_shown_and_marks_outlive_a_restart(phonehub: RunHub) -> None:
    async with phonehub(office=office()) as desk, client(desk) as alice:
        before = (await people(alice, all_there))["Bank & Co."]
        exchange, now = desk.office.server.exchange, desk.office.server.now
        exchange.put_contact(now(), replace(BANK, company="Savings"))
        after = (await people(alice, lambda found: found["Bank & Co."]["company"] == "Savings"))["Bank & Co."]
        assert after["id"] == before["id"]
        desk.office.drop_connections()
        exchange.put_contact(now(), replace(BANK, id="new", name="New"))
        exchange.remove_contact(now(), "bank")
        found = await people(alice, lambda found: "New" in found)
        assert "Bank & Co." not in found
    async with phonehub() as desk, client(desk) as alice:
        await people(alice, lambda found: not found)


async def test_a_caller_is_named_by_them(phonehub: RunHub) -> None:
    async with phonehub(office=office()) as desk, client(desk) as alice:
        await people(alice, all_there)
        for number, name in (("+15855550008", "Bank & Co."), ("+15855550055", "Bob Builder")):
            desk.events.all.clear()
            caller = desk.office.call(number, "")
            ring: Any = await desk.events.type("ring")
            assert [contact.name for contact in ring.call.contacts] == [name]
            desk.office.hang_up(caller)
            await desk.events.type("end")


async def test_all_of_a_user_deleted_they_come_again_and_ones_own_do_not(phonehub: RunHub) -> None:
    async with (
        phonehub(office=office(), users=("alice", "bob"), config=ADMIN) as desk,
        client(desk) as alice,
        client(desk, "bob") as bob,
    ):
        await people(alice, all_there)
        await alice.post("/contacts/people", json={"last": "Own"})
        assert (await bob.delete("/contacts/of/alice")).json() == {"deleted": 4}
        assert "Own" not in await people(alice, all_there)


async def test_without_the_phone_system_they_are_there_but_cannot_be_marked(phonehub: RunHub) -> None:
    async with phonehub(office=office()) as desk, client(desk) as alice:
        bank = (await people(alice, all_there))["Bank & Co."]
        await desk.phone.connection.sign_out("gone")
        await desk.events.state("signed_out")
        refused = await alice.patch(f"/contacts/people/{bank['id']}", json={"favourite": True})
        assert (refused.status_code, refused.json()["code"]) == (503, "not_connected")
        assert not (await people(alice, all_there))["Bank & Co."]["favourite"]
