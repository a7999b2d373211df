"""A source that another plugin brings, by nothing but the plugin API."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from contacts_client import client
from pydantic import BaseModel

from hub import (
    CardConflict,
    CardGone,
    CardRefused,
    ContactCard,
    ContactChanges,
    ContactSource,
    ContactSourceKind,
    Context,
    SignIn,
    SourceRefused,
    SourceUnreachable,
    hookimpl,
)
from hub.testing.contract.contacts import ContactSourceContract, ContactSystem, card

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]


class Drawer:
    """Where the cards are."""

    def __init__(self) -> None:
        self.cards: dict[str, ContactCard] = {}
        self.numbers = count(1)
        self.is_jammed = False
        self.loses_answers = False
        self.refuses = False
        self.is_searched = asyncio.Event()
        self.is_open = asyncio.Event()
        self.is_open.set()


class Settings(BaseModel):
    """A drawer needs none."""


class DrawerSource:
    writable = True

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer

    async def changes(self, _token: str) -> ContactChanges:
        self.drawer.is_searched.set()
        await self.drawer.is_open.wait()
        if self.drawer.is_jammed:
            raise ZeroDivisionError("the drawer is jammed")
        return ContactChanges(cards=tuple(self.drawer.cards.values()), whole=True)

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        if self.drawer.refuses:
            raise CardRefused.of("the card is too large", "", "drawer")
        if href:
            self._check(href, etag)
        number = str(next(self.drawer.numbers))
        text = text.replace("END:VCARD", "CATEGORIES:drawer\r\nEND:VCARD")  # it writes in its own way
        self.drawer.cards[href or number] = put = ContactCard(href or number, number, text)
        if self.drawer.loses_answers:
            raise SourceUnreachable.of("the drawer fell shut")
        return put

    async def delete(self, href: str, etag: str) -> None:
        self._check(href, etag)
        del self.drawer.cards[href]

    async def changed(self) -> None:
        await asyncio.Event().wait()

    async def sign_in(self, _tell: Callable[[SignIn], None]) -> None:
        await self.drawer.is_open.wait()
        raise SourceRefused.of("a drawer has no door", "", "drawer")

    async def close(self) -> None:
        pass

    def _check(self, href: str, etag: str) -> None:
        if href not in self.drawer.cards:
            raise CardGone.of("gone")
        if self.drawer.cards[href].etag != etag:
            raise CardConflict.of("changed")


class InDrawer(ContactSystem):
    def __init__(self) -> None:
        self.drawer = Drawer()

    def source(self) -> ContactSource:
        return DrawerSource(self.drawer)


class TestDrawer(ContactSourceContract):
    @pytest.fixture
    def contact_system(self) -> ContactSystem:
        return InDrawer()


class Drawers:
    """The plugin."""

    def __init__(self, drawers: dict[str, Drawer]) -> None:
        self.drawers = drawers

    @property
    def config(self) -> str:
        return "".join(f'[plugins.contacts.sources.{name}]\nkind = "drawer"\n' for name in self.drawers)

    @hookimpl
    def register_contact_sources(self) -> list[ContactSourceKind]:
        def opened(name: str, _settings: Any, _context: Context) -> ContactSource:
            return DrawerSource(self.drawers[name])

        return [ContactSourceKind(name="drawer", config=Settings, open=opened)]


@pytest.mark.feature("CON-09")
async def test_a_lost_answer_makes_no_second_card(phonehub: RunHub) -> None:
    drawer = Drawer()
    plugin = Drawers({"desk": drawer})
    async with phonehub(plugin, config=plugin.config) as desk, client(desk) as alice:
        await alice.post("/contacts/sources/desk/refresh", json={})
        drawer.loses_answers = True
        await alice.post("/contacts/people?source=desk", json={"first": "Ada", "last": "Smith"})
        told = (await alice.post("/contacts/sources/desk/refresh", json={})).json()
        assert (told["state"], len(drawer.cards)) == ("failed", 1)
        drawer.loses_answers = False
        told = (await alice.post("/contacts/sources/desk/refresh", json={})).json()
        assert (told["state"], told["contacts"], len(drawer.cards)) == ("ready", 1, 1)
        drawer.loses_answers = True
        (ada,) = (await alice.get("/contacts/people")).json()["contacts"]
        await alice.patch(f"/contacts/people/{ada['id']}", json={"groups": ["friends"]})
        assert (await alice.post("/contacts/sources/desk/refresh", json={})).json()["state"] == "failed"
        drawer.loses_answers = False
        told = (await alice.post("/contacts/sources/desk/refresh", json={})).json()
        assert (told["conflicts"], told["contacts"], len(drawer.cards)) == (0, 1, 1)


@pytest.mark.feature("CON-09")
async def test_a_card_that_is_refused_is_told_and_not_offered_again_and_again(phonehub: RunHub) -> None:
    drawer = Drawer()
    drawer.refuses = True
    plugin = Drawers({"desk": drawer})
    async with phonehub(plugin, config=plugin.config) as desk, client(desk) as alice:
        await alice.post("/contacts/people?source=desk", json={"first": "Ada", "last": "Smith"})
        told = [(await alice.post("/contacts/sources/desk/refresh", json={})).json()]
        (before,) = (await alice.get("/contacts/people")).json()["contacts"]
        told.append((await alice.post("/contacts/sources/desk/refresh", json={})).json())
        (after,) = (await alice.get("/contacts/people")).json()["contacts"]
        assert [each["problems"] for each in told] == [["drawer: the card is too large"]] * 2
        assert after == before  # what is written here would be brought there once more
        drawer.refuses = False
        assert (await alice.post("/contacts/sources/desk/refresh", json={})).json()["problems"] == []
        assert len(drawer.cards) == 1


@pytest.mark.feature("CON-09")
async def test_what_a_person_chooses_while_a_source_is_looked_at_is_kept(phonehub: RunHub) -> None:
    drawer = Drawer()
    plugin = Drawers({"desk": drawer})
    async with phonehub(plugin, config=plugin.config) as desk, client(desk) as alice:
        await alice.post("/contacts/sources/desk/refresh", json={})
        drawer.is_open.clear()
        drawer.is_searched.clear()
        looking = asyncio.create_task(alice.post("/contacts/sources/desk/refresh", json={}))
        await drawer.is_searched.wait()
        await alice.post("/contacts/sources/desk/enable", json={})
        drawer.is_open.set()
        await looking
    async with phonehub(plugin, config=f"{plugin.config}enabled = false\n") as desk, client(desk) as alice:
        (told,) = (await alice.get("/contacts/sources")).json()
        assert told["enabled"]


@pytest.mark.feature("CON-09")
async def test_signing_in_where_nobody_answers_is_told(phonehub: RunHub) -> None:
    drawer = Drawer()
    plugin = Drawers({"desk": drawer})
    async with phonehub(plugin, config=plugin.config) as desk, client(desk) as alice:
        await alice.post("/contacts/sources/desk/refresh", json={})
        drawer.is_open.clear()
        contacts: Any = next(each for each in desk.hub.plugins if each.name == "contacts").implementation
        with pytest.raises(SourceUnreachable, match=r"within 0\.01 s how to sign in"):
            await contacts._books["alice"].sources.accounts["desk"].sign_in(within=0.01)


@pytest.mark.feature("CON-09", "PLUG-05")
async def test_a_plugin_brings_a_kind_of_source_and_what_it_raises_stops_nothing_else(phonehub: RunHub) -> None:
    drawers = {"desk": Drawer(), "attic": Drawer()}
    drawers["desk"].cards["1"] = ContactCard("1", "1", card("Ada Smith"))
    drawers["attic"].is_jammed = True
    plugin = Drawers(drawers)
    async with phonehub(plugin, config=plugin.config) as desk, client(desk) as alice:
        told = (await alice.post("/contacts/sources/desk/refresh", json={})).json()
        assert (told["state"], told["contacts"], told["error"]) == ("ready", 1, "")
        (ada,) = (await alice.get("/contacts/people")).json()["contacts"]
        await alice.patch(f"/contacts/people/{ada['id']}", json={"company": "Engines"})
        await alice.post("/contacts/sources/desk/refresh", json={})
        assert "ORG:Engines" in drawers["desk"].cards["1"].text
        told = (await alice.post("/contacts/sources/attic/refresh", json={})).json()
        assert (told["state"], "the hub's log says what" in told["error"]) == ("failed", True)
        sources = [event for event in desk.events.all if event.type == "contacts.source"]
        assert ("attic", "failed") in [(getattr(each, "source", ""), getattr(each, "state", "")) for each in sources]
        drawers["attic"].is_jammed = False
        told = (await alice.post("/contacts/sources/attic/refresh", json={})).json()
        assert (told["state"], told["contacts"]) == ("ready", 0)
        refused = await alice.post("/contacts/sources/desk/sign-in", json={})
        assert (refused.status_code, "no door" in refused.text) == (422, True)
