"""A hub at a phone system of version 1, and a client of version 1 at a phone system of today, over real sockets."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from offices import ANSWERING, MAIN, adapter, office, password
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from hub.core.call import Cause, HoldKind
from hub.core.signals import Kind
from hub.phone.account_commands import ChangePassword
from hub.phone.adapter import PhoneError
from hub.phone.agent_commands import SignInAgent
from hub.phone.commands import AttachMedia, DialNumber, HoldLeg, MuteLeg, SetDnd
from hub.phone.transfer_commands import ParkLeg
from hub.sim.exchange.office import Who
from hub.sim.server import SimServer
from hub.sim.versions import FIRST, NEWEST, OLDEST
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection

    from hub.phone.commands import Command

pytestmark = pytest.mark.feature("LINE-03")

KINDS = {"originated", "delivered", "established", "held", "retrieved", "failed", "cleared", "updated"}
CAUSES = {"normal", "no_answer", "cancelled", "rejected", "busy", "unreachable", "elsewhere"}
CAUSES |= {"redirected", "transferred", "parked"}  # reserved in version 1
STATES = {"null", "initiated", "alerting", "connected", "hold", "failed"}
"""What a client of version 1 knows."""


async def test_at_an_old_phone_system_the_old_commands_work_and_the_new_are_not_there() -> None:
    async with (
        SimServer(office(), pace=10, protocols=(OLDEST, OLDEST)) as old,
        Listener.opened(adapter(old, handsets=["alice-desk"])) as listener,
    ):
        assert listener.capabilities == FIRST
        about = listener.session.about
        assert (about.capabilities, about.handsets[0].capabilities) == (FIRST, FIRST)
        assert listener.snapshot.boards == ()
        await listener.session.do(DialNumber(ANSWERING))
        leg = (await listener.hear(Kind.ESTABLISHED)).leg.id
        refused: list[tuple[Command, str]] = [
            (ParkLeg(leg), "park"),
            (MuteLeg(leg, on=True), "mute"),
            (AttachMedia(leg, ("127.0.0.1", 1), ("127.0.0.1", 2), ("PCMU",)), "record"),
            (SignInAgent((), "1234"), "agent_sign_in"),
            (ChangePassword("a", "b"), "change_password"),
            (DialNumber(ANSWERING, appearance="2"), "appearance"),
            (HoldLeg(leg, HoldKind.SHARED), "resume_shared"),
        ]
        for command, capability in refused:
            with pytest.raises(PhoneError, match=f"lacks the capability {capability}") as refusal:
                await listener.session.do(command)
            assert refusal.value.code == "missing_capability"
        await listener.session.do(HoldLeg(leg, HoldKind.PRIVATE))
        assert (await listener.hear(Kind.HELD)).leg.id == leg


async def test_an_old_phone_system_cannot_be_made_to_change_a_password_in_silence() -> None:
    async with SimServer(office(), protocols=(OLDEST, OLDEST)) as old:
        with pytest.raises(PhoneError, match="changes no passwords") as refusal:
            await adapter(old).renew_password("Correct-Horse-7-Battery")
        assert refusal.value.code == "missing_capability"


async def test_what_an_old_phone_system_should_not_declare_is_not_believed() -> None:
    words = ["dial", "park", "stand_on_its_head"]
    welcome = {
        "type": "signed_in",
        "protocol": OLDEST,
        "capabilities": words,
        "handsets": [{"id": "a", "capabilities": words}],
        "snapshot": {"at": "2096-11-23T12:00:00Z", "mark": "m:0"},
    }
    asked: list[dict[str, Any]] = []

    async def old(connection: ServerConnection) -> None:
        asked.append(json.loads(await connection.recv()))
        await connection.send(json.dumps(welcome))
        await connection.wait_closed()

    async with serve(old, "127.0.0.1", 0, close_timeout=0.2) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        async with Listener.opened(adapter(f"ws://127.0.0.1:{port}")) as listener:
            assert listener.capabilities == {"dial"}
    assert asked[0]["protocol"] == NEWEST


class OldClient:
    """What a program of version 1 sees: it stops at any word that it does not know."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, server: SimServer, user: str) -> AsyncIterator[tuple[OldClient, dict[str, Any]]]:
        async with connect(server.url, proxy=None) as socket:
            client = cls(socket)
            sign_in = {"type": "sign_in", "protocol": 1, "user": user, "password": password(user)}
            yield client, await client.ask(sign_in)

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        await self._socket.send(json.dumps(message))
        while (answer := await self.hear())["type"] == "leg":
            pass
        return answer

    async def hear(self, kind: str = "") -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                told: dict[str, Any] = json.loads(await self._socket.recv())
                assert told["type"] in {"signed_in", "done", "error", "leg", "dnd_changed", "snapshot", "pong"}, told
                assert not told.get("snapshot", {}).get("boards"), told
                assert not told.get("snapshot", {}).get("presence"), told
                assert not told.get("snapshot", {}).get("colleagues"), told
                assert not told.get("snapshot", {}).get("contacts"), told
                assert {one["cause"] for one in told.get("snapshot", {}).get("ended", ())} <= CAUSES, told
                if told["type"] == "leg":
                    words = told["kind"], told["cause"], told["leg"]["state"]
                    assert words[0] in KINDS, told
                    assert words[1] in CAUSES, told
                    assert words[2] in STATES, told
                if kind in {"", told.get("kind")}:
                    return told


async def test_an_old_client_is_declared_what_it_knows_and_refused_the_rest() -> None:
    async with SimServer(office(), pace=10) as server, OldClient.signed_in(server, "alice") as (alice, welcome):
        assert welcome["protocol"] == OLDEST
        assert set(welcome["capabilities"]) == FIRST
        assert [set(one["capabilities"]) for one in welcome["handsets"]] == [FIRST, FIRST]
        begun = await alice.ask({"type": "dial", "id": "1", "number": ANSWERING, "handset": "alice-desk"})
        leg = begun["leg"]
        await alice.hear("established")
        for word, fields in (("park", {"leg": leg}), ("mute", {"leg": leg, "on": True}), ("get_image", {"user": ""})):
            answer = await alice.ask({"type": word, "id": "2", **fields})
            assert (answer["type"], answer["code"]) == ("error", "missing_capability")
            assert f"the capability {word}" in answer["message"]
        assert (await alice.ask({"type": "hold", "id": "3", "leg": leg}))["type"] == "done"


async def test_an_old_client_is_told_in_its_own_words() -> None:
    quick = replace(office(), park=0.5)
    async with SimServer(quick, pace=10) as server, OldClient.signed_in(server, "alice") as (alice, _):
        waits = await alice.ask({"type": "dial", "id": "1", "number": "700", "handset": "alice-desk"})
        told = (await alice.ask({"type": "snapshot", "id": "2"}))["snapshot"]
        assert [(one["id"], one["state"]) for one in told["live"]] == [(waits["leg"], "initiated")]
        assert (await alice.ask({"type": "end", "id": "3", "leg": waits["leg"]}))["type"] == "done"

        async with Listener.opened(adapter(server, handsets=["alice-desk"])) as today:
            server.exchange.call_in(server.now(), Who("+15855551234", "Jane"), MAIN)
            rung = await today.hear(Kind.DELIVERED)
            assert (await alice.ask({"type": "answer", "id": "4", "leg": rung.leg.id}))["type"] == "done"
            await today.session.do(ParkLeg(rung.leg.id))
            assert (await today.hear(Kind.DELIVERED)).cause is Cause.RECALL
            while (rings := await alice.hear("delivered"))["leg"]["orbit"] == "":
                pass
            assert rings["cause"] == "normal"


async def test_an_old_client_is_not_told_of_a_call_that_rang_nowhere_nor_that_one_was_preempted() -> None:
    async with SimServer(office(), pace=10) as server, OldClient.signed_in(server, "bob") as (bob, _):
        server.exchange.command(server.now(), "bob", SetDnd(on=True))
        caller = server.exchange.call_in(server.now(), Who("+15855551234", "Jane"), MAIN)
        server.exchange.hang_up(server.now(), caller)
        for _ in range(2):
            server.exchange.command(server.now(), "bob", DialNumber(f"9{ANSWERING}"))
            await bob.hear("established")
        server.exchange.command(server.now(), "alice", DialNumber("911"))
        assert (await bob.hear("cleared"))["cause"] == "normal"
        told = (await bob.ask({"type": "snapshot", "id": "2"}))["snapshot"]
        assert [(one["leg"]["device"], one["cause"]) for one in told["ended"]] == [("bob-desk", "normal")]
