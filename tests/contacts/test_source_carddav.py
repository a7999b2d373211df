"""CardDAV against a real Radicale, and against a server that lacks, refuses or lies."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from radicale_server import PASSWORD, Radicale, radicale_running

from hub import SourceRefused
from hub.testing.contract.contacts import ContactSourceContract, ContactSystem, card, closing
from hub_contacts.sources.carddav import CardDav, CardDavSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import ContactSource

BOOKS = count(1)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with radicale_running(tmp_path_factory.mktemp("radicale"), "alice", "bob") as server:
        yield server


class Book(ContactSystem):
    def __init__(self, server: Radicale, *, syncs: bool = True) -> None:
        self.url = server.make_book("alice", f"book{next(BOOKS)}")
        self.syncs = syncs

    def opened(self, **settings: object) -> CardDav:
        given = {"url": self.url, "user": "alice", "password": PASSWORD, **settings}
        return CardDav("work", CardDavSettings.model_validate(given), str, at_once=2)

    def source(self) -> ContactSource:
        return self.opened() if self.syncs else WithoutTokens("work", self.opened()._settings, str)

    def with_wrong_password(self) -> ContactSource | None:
        return self.opened(password="wrong")

    def unreachable(self) -> ContactSource | None:
        return self.opened(url="http://127.0.0.1:9/")


class WithoutTokens(CardDav):
    """Takes no notice that the server has sync tokens."""

    async def _opened(self, *, anew: bool = False):  # type: ignore[no-untyped-def]  # noqa: ANN202
        from dataclasses import replace

        web, book = await super()._opened(anew=anew)
        return web, replace(book, syncs=False)


@pytest.mark.feature("CON-09")
class TestCardDav(ContactSourceContract):
    @pytest.fixture(params=[True, False], ids=["sync-collection", "etags"])
    def contact_system(self, radicale: Radicale, request: pytest.FixtureRequest) -> ContactSystem:
        return Book(radicale, syncs=request.param)


@pytest.mark.feature("CON-09")
async def test_an_address_book_is_found_from_the_servers_address(radicale: Radicale) -> None:
    radicale.make_book("bob", "first")
    radicale.make_book("bob", "other")
    for url, name, found in (
        (radicale.url, "", "first"),
        (f"{radicale.url}/bob/", "other", "other"),
        (f"{radicale.url}/no/such/place", "first", "first"),
    ):
        settings = CardDavSettings(url=url, user="bob", password=PASSWORD, address_book=name)
        async with closing(CardDav("work", settings, str)) as source:
            put = await source.put("", card("Ada Smith"), "")
            assert put.href.startswith(f"/bob/{found}/")
            await source.delete(put.href, put.etag)
    settings = CardDavSettings(url=radicale.url, user="bob", password=PASSWORD, address_book="third")
    async with closing(CardDav("work", settings, str)) as source:
        with pytest.raises(SourceRefused, match=r'no address book "third" \(it has .*other'):
            await source.changes("")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "https://ada:pw@cloud.example/"}, "no password in it"),
        ({"url": "http://cloud.example/"}, "https://"),
        ({"url": "cloud.example"}, "an address such as"),
    ],
)
def test_an_address_that_is_none_or_gives_the_password_away_is_refused(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CardDavSettings.model_validate(settings)


async def test_a_new_card_that_is_there_already_makes_no_second(radicale: Radicale) -> None:
    system = Book(radicale)
    async with closing(system.source()) as source:
        await source.put("", card("Ada Smith"), "")
        with pytest.raises(Exception, match="changed meanwhile"):
            await source.put("", card("Ada Smith"), "")
        assert len((await source.changes("")).cards) == 1
