"""Personal contacts through the API of a real hub: who may do what, and what is found."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from contacts_client import client

from hub import Wipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

ADA: dict[str, Any] = {
    "first": "Ada",
    "last": "Łöwenstein",
    "company": "Engines Ltd",
    "numbers": [
        {"text": "(585) 555-1234", "label": "work"},
        {"text": "+44 20 7946 0958", "label": "mobile", "primary": True},
    ],
    "emails": [{"text": "ada@engines.example", "label": "work"}],
    "note": "met at the fair",
    "groups": ["friends"],
    "favourite": True,
}
ADMIN = '[plugins.contacts]\nadministrators = ["bob"]\n'


def book(desk: Desk, user: str = "alice") -> Any:
    plugin: Any = next(each for each in desk.hub.plugins if each.name == "contacts")
    return plugin.implementation._books[user]


async def names(asked: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await asked.get("/contacts/people", params=query)
    assert answer.status_code == 200, answer.text
    assert "contacts" in answer.json(), answer.text
    return [each["name"] for each in answer.json()["contacts"]]


@pytest.mark.feature("CON-02")
async def test_a_contact_is_added_shown_changed_and_deleted_and_outlives_a_restart(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        added = (await alice.post("/contacts/people", json=ADA)).json()
        assert {name: added[name] for name in ("first", "last", "company", "note", "groups", "favourite")} == {
            name: ADA[name] for name in ("first", "last", "company", "note", "groups", "favourite")
        }
        assert [each["primary"] for each in added["numbers"]] == [False, True]
        changed = (
            await alice.patch(f"/contacts/people/{added['id']}", json={"company": "Looms", "favourite": False})
        ).json()
        assert (changed["company"], changed["favourite"], changed["last"]) == ("Looms", False, "Łöwenstein")
        told = await desk.events.type("contacts.changed")
        assert getattr(told, "ids", ()) == (added["id"],)
    async with phonehub() as desk, client(desk) as alice:
        kept = (await alice.get(f"/contacts/people/{added['id']}")).json()
        assert {**kept, "changed": ""} == {**changed, "changed": ""}
        assert (await alice.delete(f"/contacts/people/{added['id']}")).status_code == 204
        assert (await alice.get(f"/contacts/people/{added['id']}")).status_code == 404
        assert (await alice.delete(f"/contacts/people/{added['id']}")).status_code == 404


@pytest.mark.feature("CON-02")
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"first": "  "},
        {"nickname": "A"},
        {"first": "A", "numbers": [{"text": " "}]},
        {"first": "A", "numbers": [{"text": "1", "primary": True}, {"text": "2", "primary": True}]},
        {"first": "A" * 1001},
    ],
)
async def test_what_is_no_contact_is_refused(phonehub: RunHub, wrong: dict[str, Any]) -> None:
    async with phonehub() as desk, client(desk) as alice:
        refused = await alice.post("/contacts/people", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
        assert await names(alice) == []


@pytest.mark.feature("CON-03")
async def test_pages_are_sorted_and_searched(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        for first, last, company, number in (
            ("Zoe", "Adams", "", "+15855550003"),
            ("Ann", "Müller", "Beta 100%", "+15855550001"),
            ("", "", "Acme", "+15855550002"),
        ):
            contact = {"first": first, "last": last, "company": company, "numbers": [{"text": number}]}
            assert (await alice.post("/contacts/people", json=contact)).status_code == 201
        assert await names(alice, sort="last") == ["Acme", "Zoe Adams", "Ann Müller"]
        assert await names(alice, sort="first") == ["Acme", "Ann Müller", "Zoe Adams"]
        assert await names(alice, sort="company") == ["Acme", "Ann Müller", "Zoe Adams"]
        assert await names(alice, sort="number") == ["Ann Müller", "Acme", "Zoe Adams"]
        assert await names(alice, sort="last", limit=1, offset=1) == ["Zoe Adams"]
        assert await names(alice, search="muller") == ["Ann Müller"]
        assert await names(alice, search="ULL") == ["Ann Müller"]
        assert await names(alice, search="ull", match="starts") == []
        assert await names(alice, search="mull", match="starts") == ["Ann Müller"]
        assert await names(alice, search="100%") == ["Ann Müller"]
        assert await names(alice, search="10_%") == []
        assert await names(alice, search="a", field="first") == ["Ann Müller"]
        assert await names(alice, search="adams", field="company") == []
        assert await names(alice, search="(585) 555-0003") == ["Zoe Adams"]
        assert await names(alice, search="585555", field="number", match="starts", show=["users"]) == []
        assert (await alice.get("/contacts/people", params={"limit": 2})).json()["total"] == 3
        assert (await alice.get("/contacts/people", params={"limit": 501})).status_code == 422


@pytest.mark.feature("CON-03")
async def test_a_chosen_view_is_remembered(phonehub: RunHub) -> None:
    chosen = {"show": ["favourites"], "sort": "first", "density": "card", "colours": "quiet"}
    async with phonehub() as desk, client(desk) as alice:
        await alice.post("/contacts/people", json={**ADA, "first": "Plain", "favourite": False})
        await alice.post("/contacts/people", json=ADA)
        assert (await alice.put("/contacts/view", json=chosen)).status_code == 200
    async with phonehub() as desk, client(desk) as alice:
        assert {**(await alice.get("/contacts/view")).json(), **chosen} == (await alice.get("/contacts/view")).json()
        assert await names(alice) == ["Ada Łöwenstein"]
        assert await names(alice, show=["personal"]) == ["Ada Łöwenstein", "Plain Łöwenstein"]


@pytest.mark.feature("CON-11")
async def test_nobody_else_reads_or_changes_contacts_and_an_administrator_only_deletes_them(
    phonehub: RunHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpcore")
    secrets = ("Łöwenstein", "5551234", "7946", "engines.example", "met at the fair")
    async with (
        phonehub(users=("alice", "bob"), config=ADMIN) as desk,
        client(desk) as alice,
        client(desk, "bob") as bob,
    ):
        hers = (await alice.post("/contacts/people", json=ADA)).json()["id"]
        await desk.events.type("contacts.changed")
        answers = [
            await bob.get("/contacts/people"),
            await bob.get("/contacts/people", params={"search": "Ada"}),
            await bob.get(f"/contacts/people/{hers}"),
            await bob.get(f"/contacts/people/{hers}/photo"),
            await bob.patch(f"/contacts/people/{hers}", json={"first": "Eve"}),
            await bob.delete(f"/contacts/people/{hers}"),
            await bob.delete(f"/contacts/people/{hers}/photo"),
            await bob.get("/contacts/of/alice"),
            await bob.delete("/contacts/people"),
            await bob.get("/contacts/view"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 404, 404, 404, 405, 200, 200]
        told = "".join(answer.text for answer in answers)
        assert not [secret for secret in secrets if secret in told]
        assert (await alice.get(f"/contacts/people/{hers}")).json()["first"] == "Ada"
        assert (await alice.delete("/contacts/of/bob")).status_code == 403
        assert (await bob.delete("/contacts/of/nobody")).status_code == 404
        assert (await bob.delete("/contacts/of/alice")).json() == {"deleted": 1}
        assert await names(alice) == []
        changes = [event for event in desk.events.all if event.type == "contacts.changed"]
        assert {event.user for event in changes} == {"alice"}
        words = caplog.text + json.dumps([repr(event) for event in changes], ensure_ascii=False)
        assert not [secret for secret in secrets if secret in words]


@pytest.mark.feature("CON-11", "ACC-04")
async def test_a_wipe_deletes_all_of_its_user_and_nothing_else(phonehub: RunHub) -> None:
    async with phonehub(users=("alice", "bob")) as desk, client(desk) as alice, client(desk, "bob") as bob:
        await alice.post("/contacts/people", json=ADA)
        await bob.post("/contacts/people", json=ADA)
        desk.hub.emit(Wipe(seq=0, at=desk.hub.clock.now(), user="alice"))
        await desk.settled()
        assert await names(alice) == []
        assert await names(bob) == ["Ada Łöwenstein"]
