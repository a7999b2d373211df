from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from offices import ANSWERING, MAIN, adapter, office

from hub.sim.exchange.office import Who
from hub.sim.server import SimServer
from hub.testing.contract import AdapterContract, PhoneSystem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.phone.adapter import Adapter


class SimulatedPhoneSystem(PhoneSystem):
    """The simulated server over its socket; alice has two handsets, of which the tests watch one."""

    answering = ANSWERING

    def __init__(self, server: SimServer) -> None:
        self._server = server
        self._caller = ""

    def adapter(self) -> Adapter:
        return adapter(self._server, handsets=["alice-desk"])

    async def ring(self, number: str, name: str) -> None:
        self._caller = self._server.exchange.call_in(self._server.now(), Who(number, name), MAIN)

    async def caller_hangs_up(self) -> None:
        self._server.exchange.hang_up(self._server.now(), self._caller)

    async def cut(self) -> None:
        self._server.drop_connections()

    def with_wrong_password(self) -> Adapter:
        return adapter(self._server, password="wrong")

    def with_unknown_user(self) -> Adapter:
        return adapter(self._server, user="mallory")

    def unreachable(self) -> Adapter:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return adapter(f"ws://127.0.0.1:{port}")


@pytest.mark.feature("ACC-06")
class TestSimAdapter(AdapterContract):
    @pytest_asyncio.fixture
    async def phone_system(self) -> AsyncIterator[PhoneSystem]:  # type: ignore[override]  a fixture that yields
        # the office's time runs ten times as fast, so that a far end answers within half a second
        async with SimServer(office(), pace=10) as server:
            yield SimulatedPhoneSystem(server)
