from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.events import DndChanged, PluginChanged, plain, to_json
from hub.web.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from web_host import Office
    from websockets.asyncio.client import ClientConnection

    from hub.web.server import ApiServer


@pytest.fixture
def join(server: ApiServer, token: Callable[[str], str]) -> Callable[..., connect]:
    def join(user: str = "", **options: Any) -> connect:
        headers = {"Authorization": f"Bearer {token(user)}"} if user else {}
        address = f"ws{server.url.removeprefix('http')}/api/events"
        return connect(address, additional_headers=headers, proxy=None, **options)

    return join


async def told(socket: ClientConnection) -> Any:
    return json.loads(await socket.recv())


async def test_events_are_told_as_they_happen(join: Callable[..., connect], office: Office) -> None:
    first = await office.ring("alice", name="Before")
    async with join("alice") as socket:
        hello = await told(socket)
        assert (hello["type"], hello["user"], hello["calls"]) == ("hello", "alice", [plain(first)])
        assert (hello["phone"]["state"], hello["phone"]["dnd"]) == ("connected", False)
        seen = []
        office.subscribe(seen.append)
        second = await office.ring("alice", name="After")
        assert await told(socket) == to_json(seen[0])
        assert seen[0].key == f"{second.id}:ring:1"


async def test_others_events_are_not_told(join: Callable[..., connect], office: Office) -> None:
    async with join("alice") as alice, join("bob") as bob:
        await told(alice), await told(bob)
        await office.ring("bob")
        assert (await told(bob))["user"] == "bob"
        call = await office.ring("alice")
        assert (await told(alice))["call"]["id"] == call.id


async def test_what_concerns_the_hub_is_told_to_all(join: Callable[..., connect], office: Office) -> None:
    event = PluginChanged(seq=1, at=next(iter(office.lines.values())).snapshot.at, user="", plugin="x", state="failed")
    async with join("alice") as alice, join("bob") as bob:
        await told(alice), await told(bob)
        office.emit(event)
        assert await told(alice) == await told(bob) == to_json(event)


async def test_the_token_may_be_the_first_message(join: Callable[..., connect], token: Callable[[str], str]) -> None:
    async with join() as socket:
        await socket.send(json.dumps({"token": token("bob")}))
        assert (await told(socket))["user"] == "bob"


@pytest.mark.parametrize("first", ["", "{", "null", '"x"', '{"token": 1}', '{"token": "wrong"}', b"\xff", "[" * 30_000])
async def test_a_wrong_first_message_ends_it(join: Callable[..., connect], first: str | bytes) -> None:
    async with join() as socket:
        await socket.send(first)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4401


async def test_who_stays_silent_is_sent_away(join: Callable[..., connect], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.routes.events.TOKEN_WITHIN", 0.05)
    async with join() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4401


async def test_chatter_and_an_oversize_message_do_no_harm(join: Callable[..., connect], office: Office) -> None:
    async with join("alice") as socket, join("alice") as loud:
        await told(socket), await told(loud)
        await socket.send("anything")
        await loud.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosed):
            await loud.recv()
        await office.ring("alice")
        assert (await told(socket))["type"] == "ring"


async def test_a_slow_client_is_told_that_it_lagged_and_what_is_true_now(office: Office) -> None:
    stream = Stream(office, most_waiting=10)
    stream.open()
    slow, quick = stream.join("alice"), stream.join("alice")
    for nth in range(25):
        office.emit(DndChanged(seq=nth, at=office.lines["alice"].snapshot.at, user="alice", on=True))
        assert len(await quick.take()) == 1
    call = await office.ring("alice")
    lagged, *rest = map(json.loads, await slow.take())
    assert (lagged["type"], lagged["dropped"], lagged["calls"]) == ("lagged", 20, [])
    assert [each.get("seq") for each in rest[:5]] == [20, 21, 22, 23, 24]
    assert rest[5]["call"]["id"] == call.id
    stream.leave(slow)
    stream.leave(quick)
    stream.close()


async def test_a_client_that_does_not_read_holds_up_nobody(
    join: Callable[..., connect], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.routes.events.SENT_WITHIN", 0.2)
    async with join("alice", max_queue=1) as stuck, join("alice") as socket:
        await told(stuck), await told(socket)
        stuck.transport.pause_reading()
        name = "x" * 100_000
        got = 0
        while office_has_stuck_client(office, 2):
            await office.ring("alice", name=name)
            while (await told(socket))["type"] != "ring":
                pass
            got += 1
        assert got > 1
        stuck.transport.abort()


def office_has_stuck_client(office: Office, clients: int) -> bool:
    (stream,) = {listener.__self__ for listener in office._listeners}
    return len(stream._clients["alice"]) == clients


async def test_an_event_is_put_into_words_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    worded = []
    monkeypatch.setattr("hub.web.stream.to_json", lambda event: worded.append(event) or to_json(event))
    stream = Stream(office)
    stream.open()
    clients = [stream.join("alice") for _ in range(100)]
    await office.ring("alice")
    texts = [await client.take() for client in clients]
    assert len(worded) == 1
    assert all(text is texts[0][0] for (text,) in texts)


async def test_stopping_sends_everyone_away(join: Callable[..., connect], server: ApiServer) -> None:
    async with join("alice") as socket:
        await told(socket)
        async with asyncio.timeout(10):
            await server.stop()
        with pytest.raises(ConnectionClosed):
            await socket.recv()
