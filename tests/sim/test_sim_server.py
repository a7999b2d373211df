from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offices import MAIN, TEN, adapter, office, password
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hub.core.call import Cause
from hub.core.signals import Kind
from hub.phone.commands import AnswerLeg, DialNumber, EndLeg
from hub.sim.exchange.office import CAPABILITIES, Who
from hub.sim.faults import Faults
from hub.sim.server import SimServer
from hub.sim.versions import NEWEST
from hub.sim.wire import LONGEST_REQUEST
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

JANE = Who("+15855551234", "Jane Customer")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SimServer]:
    async with SimServer(office()) as running:
        yield running


def raw(server: SimServer, **more: Any) -> connect:
    return connect(server.url, proxy=None, max_size=2**23, **more)


async def ask(socket: ClientConnection, message: object) -> dict[str, Any]:
    await socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
    return await heard(socket)


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        answer = json.loads(await socket.recv())
    assert isinstance(answer, dict)
    return answer


def sign_in(name: str = "alice", **more: Any) -> dict[str, Any]:
    return {"type": "sign_in", "id": "0", "protocol": NEWEST, "user": name, "password": password(name), **more}


@pytest.mark.feature("ACC-01")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        (sign_in(password="wrong"), "wrong_password"),
        (sign_in(password=""), "wrong_password"),
        (sign_in("mallory"), "unknown_user"),
        (sign_in(handsets=["bob-desk"]), "unknown_handset"),
        (sign_in(protocol=0), "unsupported_version"),
        ({**sign_in(), "protocol": "x"}, "bad_request"),
        ({"type": "ping", "id": "1"}, "bad_request"),
        ({"type": "stand_on_head", "id": "1"}, "bad_request"),
        ("no json", "bad_request"),
        ("[]", "bad_request"),
        ("[" * 50_000, "bad_request"),
        ('{"type":"sign_in","protocol":' + "9" * 5000 + "}", "bad_request"),
        ("x" * (LONGEST_REQUEST + 1), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
async def test_who_does_not_sign_in_properly_is_told_why_and_let_go(
    server: SimServer, message: object, code: str
) -> None:
    async with raw(server) as socket:
        answer = await ask(socket, message)
        assert (answer["type"], answer["code"]) == ("error", code)
        assert answer["message"]
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1008
    assert server.clients == set()


async def test_the_greeting_describes_system_user_and_handsets(server: SimServer) -> None:
    async with raw(server) as socket:
        answer = await ask(socket, sign_in("carol", protocol=99, from_a_later_version=[1, 2]))
    assert answer["protocol"] == NEWEST
    assert answer["extension"] == "103"
    able = {"id": "carol-old", "capabilities": ["dial", "end"], "conference_size": 3, "appearances": ["1"]}
    assert answer["handsets"] == [{"name": "", "model": "", "auto_hold": True, **able}]
    assert set(answer["capabilities"]) == CAPABILITIES
    assert answer["snapshot"]["live"] == []
    assert answer["version"]


async def test_answers_carry_the_request_id_and_follow_what_the_command_did(server: SimServer) -> None:
    async with raw(server) as socket:
        await ask(socket, sign_in())
        assert await ask(socket, {"type": "ping", "id": "p"}) == {"type": "pong", "id": "p"}
        told = [await ask(socket, {"type": "dial", "id": "d", "number": "102"})]
        while told[-1]["type"] != "done":
            told.append(await heard(socket))
        told = [one for one in told if one["type"] != "colleagues"]  # who see that the user is on the phone
        assert [one.get("kind", one["type"]) for one in told] == ["originated", "delivered", "done"]
        assert told[2] == {"type": "done", "id": "d", "leg": told[0]["leg"]["id"], "told": {}}
        answer = await ask(socket, {"type": "snapshot", "id": "s"})
        assert answer["snapshot"]["live"] == [told[1]["leg"]]
        assert (await ask(socket, {"type": "hold", "id": "h", "leg": "x"}))["code"] == "unknown_call"
        assert (await ask(socket, {"type": "hold", "id": "h", "leg": told[2]["leg"]}))["code"] == "wrong_state"
        assert (await ask(socket, {"type": "dial", "id": "n", "number": "?"}))["code"] == "invalid_number"
        unknown = await ask(socket, {"type": "dial", "id": "n", "number": "102", "handset": "bob-desk"})
        assert (unknown["code"], unknown["handsets"]) == ("unknown_handset", ["alice-cordless", "alice-desk"])
        assert (await ask(socket, sign_in()))["code"] == "bad_request"
        assert (await ask(socket, {"type": "dnd", "id": "x", "on": "maybe"}))["id"] == "x"


async def test_a_client_is_told_of_the_handsets_it_watches_only(server: SimServer) -> None:
    async with (
        Listener.opened(adapter(server, handsets=["alice-cordless"])) as cordless,
        Listener.opened(adapter(server)) as both,
    ):
        server.exchange.call_in(server.now(), JANE, MAIN)
        first = await both.hear(Kind.DELIVERED)
        await both.hear(Kind.DELIVERED)
        assert first.leg.device == "alice-desk"
        assert (await cordless.hear(Kind.DELIVERED)).leg.device == "alice-cordless"
        await both.session.do(AnswerLeg(first.leg.id))
        assert (await cordless.hear(Kind.CLEARED)).cause is Cause.ELSEWHERE
        assert {one.leg.device for one in cordless.heard if not hasattr(one, "on")} == {"alice-cordless"}


@pytest.mark.feature("CALL-19")
async def test_ten_handsets_of_one_user_ring_and_one_answers(server: SimServer) -> None:
    async with Listener.opened(adapter(server, "ten")) as listener:
        server.exchange.call_in(server.now(), JANE, "+15855550102")
        rung = [await listener.hear(Kind.DELIVERED) for _ in TEN]
        assert {one.leg.device for one in rung} == set(TEN)
        assert len({one.leg.conversation for one in rung}) == 1
        await listener.session.do(AnswerLeg(rung[3].leg.id))
        cleared = [await listener.hear(Kind.CLEARED) for _ in TEN[1:]]
        assert {one.cause for one in cleared} == {Cause.ELSEWHERE}
        assert list(listener.states) == [rung[3].leg.id]


@pytest.mark.feature("CALL-01")
@pytest.mark.feature("CALL-04")
async def test_two_adapters_call_each_other(server: SimServer) -> None:
    async with Listener.opened(adapter(server)) as alice, Listener.opened(adapter(server, "bob")) as bob:
        await alice.session.do(DialNumber("102"))
        mine, theirs = await alice.hear(Kind.DELIVERED), await bob.hear(Kind.DELIVERED)
        assert mine.leg.conversation == theirs.leg.conversation
        assert (mine.leg.party.name, theirs.leg.party.name) == ("Bob", "Alice")
        await bob.session.do(AnswerLeg(theirs.leg.id))
        await alice.hear(Kind.ESTABLISHED)
        await bob.hear(Kind.ESTABLISHED)
        await bob.session.do(EndLeg(theirs.leg.id))
        assert (await alice.hear(Kind.CLEARED)).cause is Cause.NORMAL
        await bob.hear(Kind.CLEARED)


async def test_two_connections_of_one_user_are_told_the_same(server: SimServer) -> None:
    async with Listener.opened(adapter(server)) as one, Listener.opened(adapter(server)) as other:
        server.exchange.hang_up(server.now(), server.exchange.call_in(server.now(), JANE, MAIN))
        for listener in (one, other):
            await listener.hear(Kind.CLEARED)
            await listener.hear(Kind.CLEARED)
        assert one.heard == other.heard


async def test_a_client_that_does_not_read_is_cut_off_and_nobody_else() -> None:
    async with (
        SimServer(office(), backlog=50) as server,
        Listener.opened(adapter(server)) as good,
        raw(server) as lazy,
    ):
        await ask(lazy, sign_in("bob"))
        Faults(server).stall("bob")
        for _ in range(60):
            server.exchange.hang_up(server.now(), server.exchange.call_in(server.now(), JANE, "+15855550101"))
            for _ in range(2):
                await good.hear(Kind.CLEARED)
        async with asyncio.timeout(10):
            await lazy.wait_closed()
        assert [client.user for client in server.clients] == ["alice"]


async def test_a_client_that_was_cut_off_is_told_of_once_and_done_with(caplog: pytest.LogCaptureFixture) -> None:
    async with SimServer(office(), backlog=5) as server, raw(server) as greedy:
        await ask(greedy, sign_in("bob"))
        with contextlib.suppress(ConnectionClosed):
            for number in range(5000):
                await greedy.send(f'{{"type": "ping", "id": "{number}"}}')
        await greedy.wait_closed()
    assert caplog.text.count("reads too slowly") == 1


async def test_more_clients_than_allowed_are_turned_away() -> None:
    async with SimServer(office(), most_clients=2) as server, raw(server), raw(server):
        with pytest.raises(InvalidStatus, match="503"):
            await raw(server)


async def test_a_web_page_cannot_connect(server: SimServer) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        await raw(server, origin="https://evil.example")


async def test_who_says_nothing_is_let_go() -> None:
    async with SimServer(office(), sign_in_within=0.05) as server, raw(server) as socket:
        with pytest.raises(ConnectionClosed):
            await heard(socket)


@pytest.mark.feature("ACC-01")
async def test_no_password_reaches_the_log(server: SimServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with raw(server, logger=logging.getLogger("quiet")) as socket:
            logging.getLogger("quiet").setLevel(logging.WARNING)
            await ask(socket, sign_in(password="s3cret-wrong"))
        async with raw(server, logger=logging.getLogger("quiet")) as socket:
            await ask(socket, {**sign_in(password={"s3cret-nested": 1})})
        session = await adapter(server).open("")
        await session.close()
    assert "signed in" in caplog.text
    assert "s3cret" not in caplog.text
    assert password("alice") not in caplog.text
    assert password("alice") not in repr(server.office)


async def test_conversations_are_never_named_alike_after_a_restart() -> None:
    seen = set()
    for _ in range(3):
        async with SimServer(office()) as server:
            caller = server.exchange.call_in(server.now(), JANE, MAIN)
            seen.add(server.exchange.conversation_of(caller))
    assert len(seen) == 3


@pytest.mark.feature("CALL-21")
async def test_a_mark_of_a_server_that_was_restarted_gives_everything(server: SimServer) -> None:
    async with SimServer(office()) as before:
        session = await adapter(before).open("")
        await session.close()
    server.exchange.hang_up(server.now(), server.exchange.call_in(server.now(), JANE, MAIN))
    async with Listener.opened(adapter(server), session.snapshot.mark) as listener:
        assert len(listener.snapshot.ended) == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_WORDS = st.sampled_from(
    ["sign_in", "dial", "answer", "hold", "resume", "end", "ignore", "dnd", "snapshot", "ping", "leg", ""]
)
_FIELDS = st.fixed_dictionaries(
    {"type": _WORDS | _JSON},
    optional=dict.fromkeys(("id", "leg", "number", "handset", "on", "since", "user", "password", "protocol"), _JSON),
)
_FRAMES = st.binary(max_size=200) | st.text(max_size=200) | _FIELDS.map(json.dumps) | _JSON.map(json.dumps)


@given(frames=st.lists(_FRAMES, max_size=12), text=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_client_sends_its_neighbour_goes_on(frames: list[str | bytes], *, text: bool) -> None:
    async def run() -> None:
        async with SimServer(office()) as server, Listener.opened(adapter(server, "bob")) as neighbour:
            async with raw(server) as stranger, raw(server) as user:
                await ask(user, sign_in())
                for socket in (stranger, user):
                    try:
                        for frame in frames:
                            await socket.send(frame, text=text)
                    except ConnectionClosed:
                        assert socket is stranger
                # a user is never thrown out for what they say
                await user.send('{"type":"ping","id":"the-last-one"}')
                while (await heard(user)).get("id") != "the-last-one":
                    pass
            server.exchange.call_in(server.now(), JANE, "+15855550101")
            assert (await neighbour.hear(Kind.DELIVERED)).leg.party.name == "Jane Customer"

    asyncio.run(run())
