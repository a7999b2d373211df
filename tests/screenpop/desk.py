"""A whole hub at a desk, with one rule, on a small office behind a real socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hub import config
from hub.app import Hub
from hub.core.call import Contact
from hub.hookspecs import hookimpl
from hub.phone.commands import AnswerLeg, DialNumber
from hub.sim import scenario
from hub.sim.exchange.office import Who
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from popped import Site

    from hub.core.numbers import Number
    from hub.events import Event
    from hub.rules.record import ActionRecord

JANE = "+15855551234"
MAIN_NUMBER = "+15855550100"
PASSWORD = "alice-secret"
OFFICE = f"""\
office: {{name: Test office, lines: [L1, L2, L3, L4]}}
users:
  alice:
    name: Alice
    extension: "101"
    password: {PASSWORD}
    handsets: {{alice-desk: {{name: Desk, appearances: 4}}}}
numbers:
  "{MAIN_NUMBER}": {{name: Main number, route: [{{ring: alice, for: 600}}]}}
"""
CONFIG = """\
[hub]
state = "state"
vars = {{crm = "{site}"}}
[dial_plan]
area_code = "585"
[users.alice.phone]
adapter = "sim"
server = "{server}"
user = "alice"
password = "${{file:password}}"
[plugins.screenpop]
where = "browser"
browser = ["{browser}"]
"""


class Customers:
    """Knows Jane."""

    @hookimpl
    def find_contact(self, number: Number) -> Sequence[Contact]:
        known = number.e164 == JANE
        return [Contact(id="1", name="Jane Customer", company="Customer & Co", source="test")] if known else []


class Desk:
    """What happens at the desk, and what people outside do."""

    def __init__(self, server: SimServer, hub: Hub, rules: Path) -> None:
        self.hub = hub
        self.rules = rules
        self.heard: list[Event] = []
        self._server = server
        self._more = asyncio.Event()
        hub.subscribe(self._hear)

    async def until(self, enough: Callable[[], object]) -> None:
        while not enough():
            self._more.clear()
            await self._more.wait()

    async def told(self, kind: str, count: int = 1) -> None:
        """Return once the hub has told so many events of a type."""
        await self.until(lambda: sum(event.type == kind for event in self.heard) >= count)

    async def call(self, number: str, name: str = "") -> str:
        """Let somebody call, until it rings; return their leg."""
        rings = sum(event.type == "ring" for event in self.heard)
        leg = self._server.exchange.call_in(self._server.now(), Who(number, name), MAIN_NUMBER)
        await self.told("ring", rings + 1)
        return leg

    async def hang_up(self, leg: str) -> None:
        """Let somebody outside hang up, until the call is over."""
        ends = sum(event.type == "end" for event in self.heard)
        self._server.exchange.hang_up(self._server.now(), leg)
        await self.told("end", ends + 1)

    def pick_up(self) -> None:
        """Answer at the desk, by hand."""
        exchange = self._server.exchange
        leg = next(leg for leg in exchange.legs() if leg.device == "alice-desk" and leg.state == "alerting")
        exchange.command(self._server.now(), "alice", AnswerLeg(leg.id), by_hand=True)

    def dial(self, number: str) -> None:
        """Dial at the desk, by hand."""
        self._server.exchange.command(self._server.now(), "alice", DialNumber(number), by_hand=True)

    async def done(self, count: int = 1) -> list[ActionRecord]:
        """Return the action history, oldest first, once so many actions are done."""
        await self.told("action_done", count)
        await self.hub.settled()
        return (await self.hub.store.actions("alice"))[::-1]

    async def notes(self) -> list[str]:
        """Return the notes of the latest call."""
        await self.hub.settled()
        (entry, *_) = await self.hub.store.calls("alice")
        return [note.text for note in entry.notes]

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self._more.set()


@asynccontextmanager
async def at_the_desk(folder: Path, name: str, text: str, site: Site, visit: Path) -> AsyncIterator[Desk]:
    """Run a hub with one rule until it is connected, and stop it at the end."""
    rules = folder / "rules"
    rules.mkdir()
    (rules / name).write_text(text, encoding="utf-8")
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD, encoding="utf-8")
    async with SimServer(scenario.read(OFFICE.encode(), "office.yaml").office) as server:
        path = folder / "phonehub.toml"
        path.write_text(CONFIG.format(site=site.url, server=server.url, browser=visit), encoding="utf-8")
        hub = Hub(config.load(path), plugins=[Customers()])
        desk = Desk(server, hub, rules)
        await hub.start()
        try:
            await desk.until(lambda: any(getattr(event, "state", "") == "connected" for event in desk.heard))
            assert hub.library.problems == ()
            yield desk
        finally:
            await hub.stop()
