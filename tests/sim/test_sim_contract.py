from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from offices import ANSWERING, MAIN, adapter, office, password

from hub.core.boards import AppearanceKind
from hub.core.phone_contacts import ContactNumber
from hub.phone.account_commands import ACCOUNT
from hub.phone.commands import MarkContact
from hub.sim.exchange.office import (
    COMMANDS,
    Appearance,
    Handset,
    KnownContact,
    Office,
    Queue,
    Ring,
    Route,
    ToQueue,
    ToVoicemail,
    Who,
    line_keys,
)
from hub.sim.server import SimServer
from hub.testing import contract
from hub.testing.contract import AdapterContract, PhoneSystem
from hub.testing.contract.calls import CallContract
from hub.testing.contract.sessions import SessionContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.phone.adapter import Adapter

BOBS, BOX, HELP = "+15855550197", "+15855550198", "+15855550199"


def contract_office() -> Office:
    """The office of the tests, where alice and bob have everything that there is."""
    base = office()
    keys = (*line_keys(4), Appearance("Sales", AppearanceKind.SHARED))
    alice, bob = base.users["alice"], base.users["bob"]
    lines = tuple(line.name for line in base.lines)
    desk = replace(alice.handsets[0], appearances=keys, lines=lines)
    return replace(
        base,
        users={
            **base.users,
            "alice": replace(alice, handsets=(desk, *alice.handsets[1:]), pin=SimulatedPhoneSystem.pin),
            "bob": replace(bob, handsets=(Handset(id="bob-desk", appearances=keys, lines=lines),)),
        },
        queues={"Help": Queue(name="Help", extension="700", agents=("alice",))},
        routes=(
            *base.routes,
            Route(Who(BOBS, "Bob"), (Ring("bob", 20),)),
            Route(Who(BOX, "Alice's box"), (ToVoicemail("alice"),)),
            Route(Who(HELP, "Help"), (ToQueue("Help"),)),
        ),
        voicemail="500",
        contacts=(
            KnownContact(id="taxi", name="Taxi", numbers=(ContactNumber("+15855550009", "work"),), speed_dial="77"),
        ),
    )


class SimulatedPhoneSystem(PhoneSystem):
    """The simulated server over its socket; alice has two handsets, of which the tests watch one."""

    answering = ANSWERING
    over_a_line = f"{ANSWERING}#"
    shared_appearance = "Sales"
    colleague_number = "102"
    queue = "Help"
    pin = "4711"
    new_pin = "290635"
    password = password("alice")
    new_password = "Correct-Horse-7-Battery"

    def __init__(self, server: SimServer) -> None:
        self._server = server
        self._caller = ""

    def adapter(self) -> Adapter:
        return adapter(self._server, handsets=["alice-desk"])

    async def ring(self, number: str, name: str) -> None:
        self._call(MAIN, number, name)

    async def caller_hangs_up(self) -> None:
        self._server.exchange.hang_up(self._server.now(), self._caller)

    async def cut(self) -> None:
        self._server.drop_connections()

    def with_wrong_password(self) -> Adapter:
        return adapter(self._server, password="wrong")

    def with_unknown_user(self) -> Adapter:
        return adapter(self._server, user="mallory")

    def with_password(self, password: str) -> Adapter:
        return adapter(self._server, password=password)

    def unreachable(self) -> Adapter:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return adapter(f"ws://127.0.0.1:{port}")

    def at_another_handset(self) -> Adapter:
        return adapter(self._server, handsets=["alice-cordless"])

    def of_a_colleague(self) -> Adapter:
        return adapter(self._server, "bob", handsets=["bob-desk"])

    async def ring_colleague(self, number: str, name: str) -> bool:
        return self._call(BOBS, number, name)

    async def call_queue(self, number: str, name: str) -> bool:
        return self._call(HELP, number, name)

    async def leave_message(self) -> bool:
        self._call(BOX, "+15855554321", "Mona Message")
        await self.caller_hangs_up()
        return True

    async def digits_heard(self) -> str:
        exchange = self._server.exchange
        return exchange.digits(exchange.conversation_of(self._caller))

    def _call(self, called: str, number: str, name: str) -> bool:
        self._caller = self._server.exchange.call_in(self._server.now(), Who(number, name), called)
        return True


@pytest.mark.feature("ACC-06")
@pytest.mark.feature("LINE-03")
class TestSimAdapter(AdapterContract):
    @pytest.fixture(autouse=True)
    def _nothing_is_skipped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pytest, "skip", pytest.fail)

    @pytest_asyncio.fixture
    async def phone_system(self) -> AsyncIterator[PhoneSystem]:  # type: ignore[override]  a fixture that yields
        # the office's time runs ten times as fast, so that a far end answers within half a second
        async with SimServer(contract_office(), pace=10) as server:
            yield SimulatedPhoneSystem(server)


@pytest.mark.feature("LINE-03")
class TestAnOldPhoneSystem(SessionContract, CallContract):
    @pytest_asyncio.fixture
    async def phone_system(self) -> AsyncIterator[PhoneSystem]:  # type: ignore[override]  a fixture that yields
        async with SimServer(contract_office(), pace=10, protocols=(1, 1)) as server:
            yield SimulatedPhoneSystem(server)


def test_the_contract_asks_all_that_can_be_asked() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(contract.__file__).parent.glob("*.py"))
    commands = {*COMMANDS.values(), *ACCOUNT, MarkContact}
    assert [command.__name__ for command in commands if f"{command.__name__}(" not in text] == []
