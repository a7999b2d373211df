"""One lookup against a real server that answers anything."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hub import Contact, Context, DialPlan
from hub.core.directory import Directory
from hub.plugin_host.context import Services
from hub.testing.clock import VirtualClock
from hub_crm import Crm as Plugin
from hub_crm.cache import Cache
from hub_crm.lookup import MOST_BYTES
from hub_crm.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crm_server import Crm

PLAN = DialPlan(country="US", area_code="585")
ADA = PLAN.number("+1 585 555-1234")
TOKEN = "pat-4711-secret"


class Desk:
    """The plugin, started for Alice."""

    def __init__(self, plugin: Plugin, context: Context, clock: VirtualClock) -> None:
        self.plugin = plugin
        self.context = context
        self.clock = clock

    async def find(self, number: Any = ADA) -> list[Contact]:
        return list(await self.plugin.find_contact(number, self.context))

    async def failure(self) -> str:
        with pytest.raises(LookupError) as failed:
            await self.find()
        return str(failed.value)


@asynccontextmanager
async def desk(**lookups: dict[str, Any]) -> AsyncIterator[Desk]:
    settings = Settings.model_validate({"lookups": lookups})
    clock, plugin = VirtualClock(), Plugin()
    async with httpx.AsyncClient() as client:
        services = Services(
            clock=clock,
            loop=asyncio.get_running_loop(),
            folder=None,  # type: ignore[arg-type]
            emit=lambda _event: None,
            next_seq=lambda _user: 0,
            phone=lambda _user: None,
            database=lambda _plugin: None,
            directory=lambda _user: Directory(),
            http=lambda: client,
            secret=lambda text: text.replace("${keyring:crm}", TOKEN),
            learn=lambda _secret: None,
            loop_thread=threading.get_ident(),
        )
        context = Context("crm", "alice", settings, services)
        await asyncio.to_thread(plugin.start, context)
        yield Desk(plugin, context, clock)
        plugin.stop(context)
        assert await plugin.find_contact(ADA, context) == ()


def table(crm: Crm, **more: Any) -> dict[str, Any]:
    return {"url": f"{crm.url}/who?n=%E164%", "name": "$.name", **more}


@pytest.mark.feature("RULE-16")
async def test_the_number_is_put_in_encoded(crm: Crm) -> None:
    crm.answer = {"name": "Ada"}
    macros = "%E164%|%DIGITS%|%NATIONAL%|%CALLNUM%"
    body = {"search": ["%E164%", {"n": "%NATIONAL%", "limit": 5}]}
    url = f"{crm.url}/%20/%E164%?n={macros}&x=%2B"
    async with desk(
        one=table(crm, url=url, method="POST", json=body, headers={"X-Api-Key": "Key ${keyring:crm}"})
    ) as at:
        assert await at.find() == [Contact(id="one:+15855551234", name="Ada", source="one")]
    (asked,) = crm.asked
    assert asked.path == "/%20/%2B15855551234"
    assert asked.query == {"n": ["+15855551234|15855551234|5855551234|+15855551234"], "x": ["+"]}
    assert asked.body == {"search": ["+15855551234", {"n": "5855551234", "limit": 5}]}
    assert asked.headers["X-Api-Key"] == f"Key {TOKEN}"


@pytest.mark.feature("RULE-16")
async def test_only_public_numbers_are_told_to_others(crm: Crm) -> None:
    async with desk(one=table(crm)) as at:
        for text in ("101", "911", "anonymous", "*72", "nonsense", ""):
            assert await at.find(PLAN.number(text)) == []
    assert crm.asked == []


@pytest.mark.feature("RULE-16")
async def test_each_person_is_read(crm: Crm) -> None:
    crm.answer = {"people": [
        {"id": 1, "first": "Ada", "last": "Lovelace", "org": {"name": "Engines"}, "page": "https://crm.example/1"},
        {"id": 2, "first": None, "org": {"name": "Engines"}},
        {"id": 3, "first": "  Li\nne\x00\u202e ", "org": None, "page": ""},
        {"id": 4},
        "no person",
    ]}  # fmt: skip
    paths = {"each": "$.people[*]", "id": "$.id", "name": ["$.first", "$.last"], "company": "$.org.name"}
    async with desk(one=table(crm, **paths, link="$.page", groups=["Customers"])) as at:
        found = await at.find()
    one = {"source": "one", "groups": ("Customers",)}
    assert found == [
        Contact(id="one:1", name="Ada Lovelace", company="Engines", link="https://crm.example/1", **one),  # type: ignore[arg-type]
        Contact(id="one:2", name="Engines", company="Engines", **one),  # type: ignore[arg-type]
        Contact(id="one:3", name="Li ne", **one),  # type: ignore[arg-type]
    ]


@pytest.mark.feature("RULE-16", "RULE-09")
@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://a@b/",
        "https://[x",
        "https://x/ y",
        "https://x/\ud800",
        "https://x/\u202e",
        "https://x/\x9b2J",
        7,
        ["x"],
    ],
)
async def test_a_link_that_is_no_page_is_left_out(crm: Crm, caplog: pytest.LogCaptureFixture, link: object) -> None:
    crm.answer = {"name": "Ada", "link": link}
    async with desk(one=table(crm, link="$.link")) as at:
        (found,) = await at.find()
    assert (found.name, found.link) == ("Ada", "")
    assert "lookup one: link: it is no http or https address" in caplog.text


async def test_an_id_cannot_change_the_address(crm: Crm) -> None:
    crm.answer = {"name": "Ada", "id": "../../evil?x=#"}
    async with desk(one=table(crm, id="$.id", link="https://crm.example/people/%ID%")) as at:
        (found,) = await at.find()
    assert found.link == "https://crm.example/people/..%2F..%2Fevil%3Fx%3D%23"


@pytest.mark.feature("RULE-16")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"answer": b"<html>"}, "the answer is no JSON"),
        ({"answer": b"[" * 100_000}, "the answer is no JSON"),
        ({"answer": b'"' + b"x" * MOST_BYTES + b'"'}, f"longer than {MOST_BYTES} bytes (ask for fewer persons)"),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, "sent on to 'https://evil.example/'"),
        ({"status": 401}, "it answered 401 Unauthorized (look whether the secret in headers is right)"),
        ({"status": 500}, "it answered 500 Internal Server Error"),
    ],
)
async def test_a_wrong_answer_is_told(crm: Crm, change: dict[str, Any], told: str) -> None:
    for name, value in change.items():
        setattr(crm, name, value)
    async with desk(one=table(crm)) as at:
        failure = await at.failure()
    assert failure.startswith("[plugins.crm.lookups.one]: ")
    assert told in failure
    assert len(crm.asked) == 1


@pytest.mark.feature("RULE-16")
@pytest.mark.parametrize(
    "answer", [{}, [], 7, None, "x", {"name": {}}, {"name": ["Ada"]}, {"name": True}, {"name": "\n"}]
)
async def test_an_answer_without_a_name_is_nobody(crm: Crm, answer: object) -> None:
    crm.answer = answer
    async with desk(one=table(crm)) as at:
        assert await at.find() == []


@pytest.mark.parametrize("status", [204, 404])
async def test_an_answer_that_there_is_nobody(crm: Crm, status: int) -> None:
    crm.status = status
    async with desk(one=table(crm)) as at:
        assert await at.find() == []


@pytest.mark.feature("RULE-16")
async def test_an_answer_has_a_deadline(crm: Crm) -> None:
    crm.released.clear()
    async with desk(one=table(crm, within=0.05)) as at:
        assert "no answer in 0.05 s" in await at.failure()


async def test_a_server_that_is_not_there_is_told() -> None:
    async with desk(one={"url": "http://127.0.0.1:1/%E164%", "name": "$.name"}) as at:
        assert "it cannot be asked: ConnectError" in await at.failure()


async def test_a_secret_that_no_header_may_hold_is_not_told(crm: Crm) -> None:
    with pytest.raises(LookupError) as failed:
        async with desk(one=table(crm, headers={"X-Token": "${keyring:crm}\u00e9"})):
            pass
    assert "characters that no header may have" in str(failed.value)
    assert TOKEN not in str(failed.value)


@pytest.mark.feature("RULE-16")
async def test_one_that_fails_does_not_hide_another(crm: Crm, caplog: pytest.LogCaptureFixture) -> None:
    crm.answer = {"name": "Ada"}
    caplog.set_level(logging.WARNING)
    async with desk(good=table(crm), bad={"url": "http://127.0.0.1:1/%E164%", "name": "$.name"}) as at:
        assert [each.source for each in await at.find()] == ["good"]
    assert "[plugins.crm.lookups.bad]: it cannot be asked" in caplog.text


@pytest.mark.feature("RULE-16")
async def test_an_answer_is_remembered_for_a_while(crm: Crm) -> None:
    crm.answer = {"name": "Ada"}
    async with desk(one=table(crm, keep=60)) as at:
        for _ in range(3):
            assert len(await at.find()) == 1
        assert len(crm.asked) == 1
        await at.clock.advance(61)
        await at.find()
        assert len(crm.asked) == 2
        at.plugin.on_wipe(at.context)
        await at.find()
        assert len(crm.asked) == 3


def test_what_is_remembered_is_bounded() -> None:
    cache = Cache(lambda: 0.0, most=2)
    for number in "123":
        cache.put("one", number, (), 1)
    assert [cache.get("one", number) for number in "123"] == [None, (), ()]
    cache.put("one", "3", (), 0)
    assert cache.get("one", "3") is None
