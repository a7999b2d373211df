"""Microsoft 365 contacts, by httpx and msal, against a simulated Microsoft Graph over HTTPS."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from graph_server import CLIENT, Answer, Microsoft, make_certificate, microsoft_running

from hub import SourceRefused, SourceUnreachable
from hub.testing.contract.contacts import ContactSourceContract, ContactSystem, card, closing
from hub_contacts.contact import Address, Contact, Labelled
from hub_contacts.sources.card_text import contact_in, text_of
from hub_contacts.sources.graph import Graph
from hub_contacts.sources.graph_settings import GraphSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import ContactSource, SignIn

PEOPLE = count(1)
ADA = Contact(
    description="The Countess",
    prefix="Lady",
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
        Labelled("+1 585 555 0004", "home"),
    ),
    emails=(Labelled("ada@engines.example"), Labelled("ada@home.example")),
    addresses=(Address(street="1 Loom St", city="Rochester", region="NY", code="14604", country="USA", label="work"),),
    urls=(Labelled("https://engines.example/ada"),),
    birthday="1815-12-10",
    groups=("friends", "maths"),
    note="first line\nsecond line",
)


class Clock:
    """Sleeps no longer than a turn of the loop, and remembers for how long it was to."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.is_slow = False
        self.second = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 2:
            self.second.set()
        await asyncio.sleep(seconds if self.is_slow else 0)


class Kept:
    """What a source needs of its context."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.secrets: dict[str, str] = {}
        self.hidden: list[str] = []

    def keep_secret(self, name: str, secret: str) -> None:
        self.secrets[name] = secret

    def kept_secret(self, name: str) -> str | None:
        return self.secrets.get(name)

    def hide(self, secret: str, _former: str = "") -> None:
        self.hidden.append(secret)


@pytest.fixture(scope="module")
def microsoft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Microsoft]:
    certificate = make_certificate(tmp_path_factory.mktemp("microsoft"))
    with pytest.MonkeyPatch.context() as patch, microsoft_running(certificate) as server:
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            patch.setenv(name, str(certificate))
        yield server


class Tenant(ContactSystem):
    """An account of a person who has signed in."""

    def __init__(self, server: Microsoft) -> None:
        self.server = server
        self.name = f"person{next(PEOPLE)}"
        self.kept = Kept()

    def opened(self, **more: str) -> Graph:
        given = {"client_id": CLIENT, "authority": self.server.url, "url": self.server.graph, **more}
        return Graph("m365", GraphSettings.model_validate(given), self.kept)  # type: ignore[arg-type]

    def source(self) -> ContactSource:
        return self.opened()

    def unreachable(self) -> ContactSource | None:
        return self.opened(url="https://127.0.0.1:9/v1.0")

    def with_wrong_password(self) -> ContactSource | None:
        other = Tenant(self.server)
        return other.source()

    async def sign_in(self) -> Tenant:
        def tell(what: SignIn) -> None:
            self.server.approve(what.code, self.name)

        async with closing(self.source()) as source:
            await source.sign_in(tell)
        return self


@pytest.fixture
async def tenant(microsoft: Microsoft) -> Tenant:
    return await Tenant(microsoft).sign_in()


@pytest.mark.feature("CON-09")
class TestGraph(ContactSourceContract):
    @pytest.fixture
    async def contact_system(self, tenant: Tenant) -> ContactSystem:
        return tenant


@pytest.mark.feature("CON-09")
async def test_what_graph_has_properties_for_comes_back_as_it_was(tenant: Tenant) -> None:
    async with closing(tenant.source()) as source:
        put = await source.put("", text_of(ADA), "")
        (told,) = (await source.changes("")).cards
        assert contact_in(told.text) == replace(ADA, uid=told.href)
        less = Contact(first="Ada", last="Smith", numbers=(Labelled("+1 585 555 0002", "mobile"),))
        again = await source.put(put.href, text_of(less), put.etag)
        assert contact_in(again.text) == replace(less, uid=put.href)


async def test_numbers_that_have_no_place_of_their_own_take_another(tenant: Tenant) -> None:
    async with closing(tenant.source()) as source:
        given = Contact(
            last="Smith", numbers=tuple(Labelled(str(n), label) for n, label in enumerate(["boat", "work"]))
        )
        put = contact_in((await source.put("", text_of(given), "")).text)
        assert put is not None
        assert {each.text for each in put.numbers} == {"0", "1"}


async def test_more_than_a_page_is_read_to_its_end(microsoft: Microsoft, tenant: Tenant) -> None:
    microsoft.page = 3
    try:
        async with closing(tenant.source()) as source:
            put = [await source.put("", card(f"Ada Smith{number}"), "") for number in range(7)]
            told = await source.changes("")
            assert len(told.cards) == 7
            for each in put:
                await source.delete(each.href, each.etag)
            assert (await source.changes(told.token)).gone == {each.href for each in put}
    finally:
        microsoft.page = 100


@pytest.mark.feature("CON-09")
async def test_a_person_signs_in_by_a_code_and_stays_so(
    microsoft: Microsoft, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    tenant = Tenant(microsoft)
    tenant.kept.clock.is_slow = True  # msal itself minds the time
    monkeypatch.setattr(microsoft, "interval", 1)
    prompts: list[SignIn] = []
    async with closing(tenant.source()) as source:
        with pytest.raises(SourceRefused, match="nobody is signed in") as refused:
            await source.changes("")
        assert refused.value.problems[0].remedy == "phonehub contacts sources sign-in m365"
        waiting = asyncio.create_task(source.sign_in(prompts.append))
        await tenant.kept.clock.second.wait()
        assert not waiting.done()
        (prompt,) = prompts
        assert prompt.url == f"{microsoft.url}/devicelogin"
        microsoft.approve(prompt.code, tenant.name)
        await waiting
        assert (await source.changes("")).whole
    assert set(tenant.kept.clock.slept) == {1.0}
    async with closing(tenant.source()) as again:  # another start of the hub
        assert (await again.changes("")).whole
    told = caplog.text
    assert not [token for token in (*microsoft.access, *microsoft.refresh) if token in told]
    assert any(token in tenant.kept.hidden for token in microsoft.access)


async def test_a_sign_in_that_is_declined_or_of_no_app_is_told(microsoft: Microsoft) -> None:
    tenant = Tenant(microsoft)
    async with closing(tenant.source()) as source:
        with pytest.raises(SourceRefused, match="declined"):
            await source.sign_in(lambda what: microsoft.deny(what.code))
    async with closing(tenant.opened(client_id="other")) as source:
        with pytest.raises(SourceRefused, match="no such application"):
            await source.sign_in(lambda _: None)
    async with closing(tenant.opened(authority="https://127.0.0.1:9")) as source:
        with pytest.raises(SourceUnreachable, match="where people sign in cannot be reached"):
            await source.sign_in(lambda _: None)


@pytest.mark.feature("CON-09")
async def test_a_token_that_has_expired_is_renewed(microsoft: Microsoft, tenant: Tenant) -> None:
    async with closing(tenant.source()) as source:
        await source.changes("")
        microsoft.access.clear()
        assert (await source.changes("")).whole
        microsoft.access.clear()
        microsoft.refresh.clear()
        with pytest.raises(SourceRefused, match="sign-in m365"):
            await source.changes("")


@pytest.mark.feature("CON-09")
async def test_it_waits_where_it_is_asked_too_much(microsoft: Microsoft, tenant: Tenant) -> None:
    tenant.kept.clock.slept.clear()
    async with closing(tenant.source()) as source:
        microsoft.answers_first = [Answer(429, {}, {"Retry-After": "7"}), Answer(503, {}, {"Retry-After": "²"})]
        assert (await source.changes("")).whole
        assert tenant.kept.clock.slept == [7.0, 2.0]
        microsoft.answers_first = [Answer(429, {}, {"Retry-After": "7"})] * 4
        with pytest.raises(SourceUnreachable, match="asked too much"):
            await source.changes("")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("x", "no Microsoft Graph"),
        ({"value": None}, "no Microsoft Graph"),
        ({"value": ["Ada"]}, "no Microsoft Graph"),
        ({"value": []}, "sends to another place"),
        ({"value": [], "@odata.nextLink": "https://evil.example/v1.0/x"}, "sends to another place"),
        ({"value": [], "@odata.deltaLink": "https://127.0.0.1.evil.example/"}, "sends to another place"),
    ],
)
async def test_a_token_goes_to_no_other_server(microsoft: Microsoft, tenant: Tenant, body: Any, told: str) -> None:
    microsoft.answers_first = [Answer(200, body)]
    async with closing(tenant.source()) as source:
        with pytest.raises(SourceRefused, match=told):
            await source.changes("")


async def test_a_certificate_that_nobody_knows_is_refused(
    microsoft: Microsoft, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with closing(tenant.source()) as source:
        await source.changes("")
    monkeypatch.delenv("SSL_CERT_FILE")
    async with closing(tenant.source()) as source:
        with pytest.raises(SourceRefused, match=r"certificate of 127\.0\.0\.1 is not trusted"):
            await source.changes("")
    assert microsoft.url


def test_what_is_not_encrypted_is_refused() -> None:
    with pytest.raises(ValueError, match="https://"):
        GraphSettings(client_id=CLIENT, url="http://graph.example/v1.0")
