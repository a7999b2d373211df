from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offices import ANSWERING, MAIN, adapter, office
from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection, serve

from hub.core.boards import Messages
from hub.core.call import CallState
from hub.core.signals import BoardSignal, Kind, LegSignal
from hub.phone.adapter import ConnectionLost, PhoneError, SignInRefused
from hub.phone.commands import AnswerLeg, DialNumber, SetDnd
from hub.sim.adapter import SimSettings
from hub.sim.exchange.office import ABILITIES, CAPABILITIES, FEATURES, Who
from hub.sim.faults import Faults
from hub.sim.plugin import SimPhone
from hub.sim.server import SimServer
from hub.sim.session import Patience
from hub.sim.versions import NEWEST
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from hub.phone.adapter import Session

JANE = Who("+15855551234", "Jane Customer")
AT = "2096-11-23T12:00:00Z"
WELCOME = {
    "type": "signed_in",
    "protocol": NEWEST,
    "capabilities": ["dnd", "dial"],
    "handsets": [{"id": "a", "capabilities": ["dnd", "dial"]}],
    "snapshot": {"at": AT, "mark": "m:0"},
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SimServer]:
    async with SimServer(office()) as running:
        yield running


@contextlib.asynccontextmanager
async def fake(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """Serve something that is no good phone system; yield its address."""

    async def guarded(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):  # whatever the client does to it
            await handler(connection)

    async with serve(guarded, "127.0.0.1", 0, close_timeout=0.2) as running:
        yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}"


def event(**fields: Any) -> dict[str, Any]:
    leg = {
        "id": "leg-1",
        "conversation": "talk-1",
        "device": "a",
        "direction": "inbound",
        "state": "alerting",
        "party": {"number": "+15855551234", "name": "Jane"},
        "started": AT,
    }
    return {
        "type": "leg",
        "mark": "m:1",
        "at": AT,
        "kind": "delivered",
        "leg": leg | fields.pop("leg", {}),
        **fields,
    }


# --- signing in ---


@pytest.mark.feature("ACC-01")
@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"password": "nope"}, "wrong_password", "wrong password for 'alice'.*store the right one"),
        ({"user": "alcie"}, "unknown_user", "no user 'alcie'.*spelling"),
        (
            {"handsets": ["desk"]},
            "unknown_handset",
            "no handset 'desk'.*alice-desk, alice-cordless.*leave",
        ),
    ],
)
async def test_each_refusal_has_its_own_words(server: SimServer, wrong: Any, code: str, words: str) -> None:
    with pytest.raises(SignInRefused, match=words) as refused:
        await adapter(server, **wrong).open("")
    assert refused.value.code == code
    assert server.url in str(refused.value)
    assert "nope" not in str(refused.value)


@pytest.mark.feature("ACC-01")
async def test_an_address_where_nothing_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(ConnectionLost, match=f"{url}.*nothing listens.*check the port"):
            await adapter(url).open("")


@pytest.mark.feature("ACC-01")
async def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(ConnectionLost, match=r"the host 'no-such-host\.invalid' is unknown.*spelt"):
        await adapter("ws://no-such-host.invalid:8899").open("")


async def test_a_server_of_another_version() -> None:
    async with SimServer(office(), protocols=(3, 4)) as newer:
        with pytest.raises(SignInRefused, match=r"versions 3 to 4.*update") as refused:
            await adapter(newer).open("")
        assert refused.value.code == "unsupported_version"

    async def older(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({**WELCOME, "protocol": 0}))

    async with fake(older) as url:
        with pytest.raises(SignInRefused, match=r"version 0.*update") as refused:
            await adapter(url).open("")
        assert refused.value.code == "unsupported_version"


async def test_a_server_that_never_answers() -> None:
    async def silent(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with fake(silent) as url:
        with pytest.raises(ConnectionLost, match=r"did not answer the sign-in within 0\.05 s"):
            await adapter(url, sign_in_within=0.05).open("")


async def test_a_host_that_takes_the_connection_and_says_nothing() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        pytest.raises(ConnectionLost, match=r"no connection within 0\.05 s"),
    ):
        await adapter(f"ws://127.0.0.1:{deaf.getsockname()[1]}", connect_within=0.05).open("")


@pytest.mark.parametrize(
    "answer", [b"\xff\xfe", "[]", '{"type":"signed_in"}', '{"type":"pong","id":"1"}', '{"type":"of_a_later_version"}']
)
async def test_something_else_than_a_phone_system(answer: str | bytes) -> None:
    async def strange(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(answer)
        await connection.wait_closed()

    async with fake(strange) as url:
        with pytest.raises(ConnectionLost, match=url):
            await adapter(url).open("")


async def test_a_web_server_that_is_none() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(page, "127.0.0.1", 0)
    async with listening:
        url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        with pytest.raises(ConnectionLost, match="no WebSocket server"):
            await adapter(url).open("")


@pytest.mark.parametrize(
    "url", ["http://host", "host:8899", "ws://", "ws://:80", "ws://host:port", "wss://user:pw@host", "ws://h:0", ""]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValidationError):
        SimSettings.model_validate({"server": url, "user": "a", "password": "b"})


def test_the_password_is_not_in_the_settings_text() -> None:
    settings_ = SimSettings.model_validate({"server": "ws://host:1", "user": "a", "password": "s3cret"})
    assert "s3cret" not in repr(settings_)


def test_the_plugin_registers_the_kind() -> None:
    (kind,) = SimPhone().register_adapters()
    assert (kind.name, kind.config) == ("sim", SimSettings)


# --- capabilities ---


@pytest.mark.feature("LINE-03")
async def test_what_can_be_done_is_what_system_and_handsets_can(server: SimServer) -> None:
    async with Listener.opened(adapter(server, "carol")) as carol, Listener.opened(adapter(server)) as alice:
        assert carol.capabilities == {"dial", "end"} | (CAPABILITIES - FEATURES - ABILITIES)
        assert alice.capabilities == CAPABILITIES - FEATURES
        with pytest.raises(PhoneError, match="lacks the capability dnd") as refused:
            await carol.session.do(SetDnd(on=True))
        assert refused.value.code == "missing_capability"


# --- when things go wrong ---


async def test_a_stalled_server_is_noticed_and_a_command_times_out(server: SimServer) -> None:
    patience = Patience(answer_within=0.05, ping_every=0.1, ping_within=0.1)
    async with Listener.opened(adapter(server, patience=patience)) as listener:
        Faults(server).stall("alice")
        with pytest.raises(PhoneError) as late:
            await listener.session.do(SetDnd(on=True))
        assert late.value.code in {"timeout", "not_connected"}
        assert "has not answered for 0.1 s" in str(await listener.loss())
        Faults(server).go_on()


async def test_a_quiet_server_that_answers_pings_is_kept(server: SimServer) -> None:
    patience = Patience(ping_every=0.02, ping_within=0.5)
    async with Listener.opened(adapter(server, patience=patience)) as listener:
        (client,) = server.clients
        seen = asyncio.Event()
        received = client.receive
        pings = 0

        async def counted() -> bytes:
            nonlocal pings
            data = await received()
            pings += b"ping" in data
            if pings == 2:
                seen.set()
            return data

        client.receive = counted  # type: ignore[method-assign]  to see the pings arrive
        async with asyncio.timeout(10):
            await seen.wait()
        await listener.session.do(SetDnd(on=True))


@pytest.mark.feature("CALL-21")
async def test_ten_cuts_in_a_call_lose_and_double_nothing(server: SimServer) -> None:
    caller = server.exchange.call_in(server.now(), JANE, MAIN)
    mark, kinds = "", []
    for cut in range(10):
        async with Listener.opened(adapter(server, handsets=["alice-desk"]), mark) as listener:
            (live,) = listener.snapshot.live
            if cut == 3:
                await listener.session.do(AnswerLeg(live.leg.id))
                kinds.append((await listener.hear(Kind.ESTABLISHED)).kind)
            server.drop_connections()
            await listener.loss()
            mark = listener.heard[-1].mark if listener.heard else listener.snapshot.mark
            assert live.state is (CallState.ALERTING if cut <= 3 else CallState.CONNECTED)
    server.exchange.hang_up(server.now(), caller)
    async with Listener.opened(adapter(server, handsets=["alice-desk"]), mark) as listener:
        assert listener.snapshot.live == ()
        (ended,) = listener.snapshot.ended
        assert ended.answered is not None
    assert kinds == [Kind.ESTABLISHED]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff",
        "null",
        '{"type":"leg"}',
        json.dumps(event(kind="teleported")),
        json.dumps(event(at="0001-01-01T00:00:00+23:59")),
        json.dumps(event(leg={"id": "x" * 500})),
        "[" * 100_000,
    ],
)
async def test_garbage_costs_the_connection_and_says_so(server: SimServer, garbage: str | bytes) -> None:
    async with Listener.opened(adapter(server)) as listener:
        Faults(server).garbage(garbage)
        assert "not the protocol" in str(await listener.loss())


async def test_messages_of_later_versions_are_ignored(server: SimServer) -> None:
    async with Listener.opened(adapter(server)) as listener:
        Faults(server).garbage('{"type":"hologram","of":"jane"}')
        Faults(server).garbage(json.dumps(event(leg={"smell": "lavender"}, colour="blue")))
        assert (await listener.hear(Kind.DELIVERED)).leg.id == "leg-1"


async def test_what_a_caller_is_called_comes_through_bounded_and_whole(server: SimServer) -> None:
    async with Listener.opened(adapter(server, handsets=["alice-desk"])) as listener:
        Faults(server).garbage(
            json.dumps(event(leg={"party": {"number": "7" * 1000, "name": "\ud83dlone\0\n" + "x" * 10_000}}))
        )
        signal = await listener.hear(Kind.DELIVERED)
        assert signal.leg.party.name == ("\ufffdlone\0\n" + "x" * 10_000)[:256]
        assert signal.leg.party.number.text == "7" * 128
        raw = json.dumps(event(leg={"id": "leg-2"})).encode().replace(b"Jane", b"J\xe4n\xff")
        Faults(server).garbage(raw)
        assert (await listener.hear(Kind.DELIVERED)).leg.party.name == "J\ufffdn\ufffd"


async def test_signals_that_nobody_takes_cost_the_connection(server: SimServer) -> None:
    async with Listener.opened(adapter(server, patience=Patience(backlog=5))) as listener:
        for _ in range(10):
            server.exchange.hang_up(server.now(), server.exchange.call_in(server.now(), JANE, MAIN))
        assert "faster than they were taken" in str(await listener.loss())
        assert len(listener.heard) == 5


async def test_a_message_beyond_all_bounds_costs_the_connection(server: SimServer) -> None:
    async with Listener.opened(adapter(server)) as listener:
        Faults(server).garbage("x" * (9 * 1024 * 1024))
        assert str(await listener.loss())


async def test_answers_to_nobody_are_ignored_and_commands_in_flight_fail_with_the_connection() -> None:
    asked = asyncio.Event()

    async def rude(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps(WELCOME))
        await connection.send('{"type":"done","id":"999"}')
        await connection.recv()
        asked.set()
        await connection.close()

    async with fake(rude) as url, Listener.opened(adapter(url)) as listener:
        with pytest.raises(ConnectionLost):
            await listener.session.do(DialNumber(ANSWERING))
        assert asked.is_set()
        await listener.loss()


async def test_closing_ends_the_signals_and_leaves_no_task(server: SimServer) -> None:
    session = await adapter(server).open("")
    await session.close()
    assert [signal async for signal in session.signals()] == []
    assert [task for task in asyncio.all_tasks() if "SimSession" in repr(task.get_coro())] == []


_WORDS = st.sampled_from(["leg", "dnd_changed", "snapshot", "done", "error", "pong", "signed_in", "later", ""])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_TEXTS = st.text(alphabet=st.characters(codec=None), max_size=300)
_LEGS = st.fixed_dictionaries(
    {},
    optional={
        "id": _TEXTS | _JSON,
        "state": st.sampled_from([*CallState]) | _JSON,
        "party": st.fixed_dictionaries({}, optional={"number": _TEXTS | _JSON, "name": _TEXTS | _JSON}),
        "started": st.datetimes().map(lambda time: time.isoformat() + "+14:00") | _JSON,
        "direction": st.sampled_from(["inbound", "outbound"]),
    },
).map(lambda leg: event(leg=leg))
_EVENTS = st.fixed_dictionaries({"type": _WORDS | _JSON}, optional=dict.fromkeys(("id", "mark", "at", "leg"), _JSON))
_FRAMES = st.binary(max_size=200) | st.text(max_size=200) | st.one_of(_LEGS, _EVENTS, _JSON).map(json.dumps)


@given(frames=st.lists(_FRAMES, max_size=10))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_server_sends_the_adapter_yields_signals_or_loses_it(frames: list[str | bytes]) -> None:
    async def hostile(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps(WELCOME))
        for frame in frames:
            await connection.send(frame, text=True)

    async def run() -> None:
        async with fake(hostile) as url:
            session = await adapter(url).open("")
            with pytest.raises(ConnectionLost):
                await listen(session)
            await session.close()

    async def listen(session: Session) -> None:
        async for signal in session.signals():
            if isinstance(signal, LegSignal):
                assert len(signal.leg.party.name) <= 256
                signal.leg.party.name.encode()

    asyncio.run(run())


@given(frames=st.lists(_FRAMES, min_size=1, max_size=2))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_server_answers_to_the_sign_in(frames: list[str | bytes]) -> None:
    async def hostile(connection: ServerConnection) -> None:
        for frame in frames:
            await connection.send(frame, text=True)

    async def run() -> None:
        async with fake(hostile) as url:
            with pytest.raises((ConnectionLost, SignInRefused)):
                await adapter(url).open("")

    asyncio.run(run())


def test_nothing_of_the_environment_sends_the_connection_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")

    async def run() -> None:
        async with SimServer(office()) as server:
            session = await adapter(server).open("")
            await session.close()

    asyncio.run(run())


async def test_boards_are_told_and_those_of_a_later_version_are_left_aside() -> None:
    lamp = {"board": "messages", "new": 2, "old": 1}
    later = {"board": "fax_tray", "pages": [1, 2]}

    async def serve_boards(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({**WELCOME, "snapshot": {"at": AT, "mark": "m:0", "boards": [later, lamp]}}))
        for nth, now in enumerate((later, {**lamp, "new": 3})):
            await connection.send(json.dumps({"type": "board", "mark": f"m:{nth}", "at": AT, "now": now}))
        await connection.wait_closed()

    async with fake(serve_boards) as url, Listener.opened(adapter(url)) as listener:
        assert listener.snapshot.boards == (Messages(new=2, old=1),)
        async with asyncio.timeout(10):
            signal = await anext(listener.session.signals())
        assert signal == BoardSignal(now=Messages(new=3, old=1), at=signal.at, mark="m:1")


async def test_a_board_that_cannot_be_is_no_board() -> None:
    async def serve_nonsense(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps(WELCOME))
        now = {"board": "messages", "new": -1}
        await connection.send(json.dumps({"type": "board", "mark": "m:1", "at": AT, "now": now}))
        await connection.wait_closed()

    async with fake(serve_nonsense) as url, Listener.opened(adapter(url)) as listener:
        assert "not the protocol" in str(await listener.loss())
