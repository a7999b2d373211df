"""Exchange contacts, by exchangelib against a simulated server that speaks its SOAP over HTTP."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

import pytest
from ews_server import EwsServer, Mailbox, T, ews_running

from hub import SourceError, SourceRefused, SourceUnreachable
from hub.testing.contract.contacts import ContactSourceContract, ContactSystem, closing
from hub_contacts.contact import Address, Contact, Labelled
from hub_contacts.sources.card_text import contact_in, text_of
from hub_contacts.sources.ews import Ews
from hub_contacts.sources.ews_settings import EwsSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import ContactSource

USERS = count(1)
ADA = Contact(
    uid="urn:test:ada",
    description="The Countess",
    first="Ada",
    middle="King",
    last="Łöwenstein",
    suffix="Jr.",
    company="Engines",
    department="Looms",
    job_title="Analyst",
    numbers=(
        Labelled("+1 585 555 0001", "work"),
        Labelled("+1 585 555 0002", "mobile"),
        Labelled("+1 585 555 0003", "work fax"),
        Labelled("+1 585 555 0004"),
    ),
    emails=(Labelled("ada@engines.example"), Labelled("ada@home.example")),
    addresses=(Address(street="1 Loom St", city="Rochester", region="NY", code="14604", country="USA", label="work"),),
    urls=(Labelled("https://engines.example/ada"),),
    birthday="1815-12-10",
    groups=("friends", "maths"),
    note="first line\nsecond line",
)


@pytest.fixture(scope="module")
def exchange() -> Iterator[EwsServer]:
    with ews_running() as server:
        yield server


class Box(ContactSystem):
    def __init__(self, server: EwsServer) -> None:
        self.server = server
        self.user = f"user{next(USERS)}"
        server.mailboxes[self.user] = Mailbox("exchange-pw")

    def opened(self, **more: str) -> Ews:
        given = {"url": self.server.url, "email": f"{self.user}@engines.example", "password": "exchange-pw", **more}
        return Ews("office", EwsSettings.model_validate(given), str)

    def source(self) -> ContactSource:
        return self.opened()

    def with_wrong_password(self) -> ContactSource | None:
        return self.opened(password="wrong")

    def unreachable(self) -> ContactSource | None:
        return self.opened(url="http://127.0.0.1:9/EWS/Exchange.asmx")


@pytest.mark.feature("CON-09")
class TestEws(ContactSourceContract):
    @pytest.fixture
    def contact_system(self, exchange: EwsServer) -> ContactSystem:
        return Box(exchange)


@pytest.mark.feature("CON-09")
async def test_what_exchange_has_fields_for_comes_back_as_it_was(exchange: EwsServer) -> None:
    async with closing(Box(exchange).source()) as source:
        put = await source.put("", text_of(ADA), "")
        (told,) = (await source.changes("")).cards
        assert contact_in(told.text) == _as(told.href, ADA)
        less = Contact(first="Ada", last="Smith", numbers=(Labelled("+1 585 555 0002", "mobile"),))
        again = await source.put(put.href, text_of(less), put.etag)
        assert contact_in(again.text) == _as(put.href, less)


async def test_no_log_tells_the_password(exchange: EwsServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    box = Box(exchange)
    async with closing(box.source()) as source:
        await source.put("", text_of(ADA), "")
    told = base64.b64encode(f"{box.user}@engines.example:exchange-pw".encode()).decode()
    assert "exchange-pw" not in caplog.text
    assert told not in caplog.text


async def test_more_than_one_answer_holds_is_read_to_its_end(exchange: EwsServer) -> None:
    box = Box(exchange)
    mailbox = exchange.mailboxes[box.user]
    for number in range(120):
        contact = Element(f"{T}Contact")
        SubElement(contact, f"{T}DisplayName").text = f"Smith {number}"
        mailbox.add(mailbox.folder("contacts"), contact)
    mailbox.add(mailbox.folder("contacts"), Element(f"{T}DistributionList"))  # no contact: left out
    async with closing(box.source()) as source:
        assert len((await source.changes("")).cards) == 120


@pytest.mark.feature("CON-09")
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ErrorQuotaExceeded", SourceRefused, "no space left"),
        ("ErrorAccessDenied", SourceRefused, "does not allow"),
        ("ErrorMailboxStoreUnavailable", SourceUnreachable, "cannot be reached"),
        ("ErrorSchemaValidation", SourceRefused, "Exchange says ErrorSchemaValidation"),
    ],
)
async def test_what_exchange_refuses_is_told(
    exchange: EwsServer, code: str, kind: type[SourceError], words: str
) -> None:
    box = Box(exchange)
    async with closing(box.source()) as source:
        await source.changes("")
        exchange.mailboxes[box.user].fails_with = code
        with pytest.raises(kind, match=words) as refused:
            await source.put("", text_of(ADA), "")
    assert refused.value.problems[0].place == "office"
    assert "exchange-pw" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "https://ada:pw@mail.example/EWS"}, "no password in it"),
        ({"url": "http://mail.example/EWS"}, "such as https"),
        ({"email": "ada"}, "address of the mailbox"),
    ],
)
def test_an_address_that_is_none_or_gives_the_password_away_is_refused(settings: dict[str, str], told: str) -> None:
    given = {"url": "https://mail.example/EWS", "email": "ada@mail.example", "password": "p", **settings}
    with pytest.raises(ValueError, match=told):
        EwsSettings.model_validate(given)


def _as(href: str, contact: Contact) -> Contact:
    return replace(contact, uid=href)
