"""A hub and a simulated office for tests: real sockets, real files, nothing that stays.

async def test_it_counts(phonehub):
    async with phonehub(MyPlugin) as desk:
        caller = desk.office.call("+15855551234", "Ada Caller")
        await desk.events.type("ring")
        await desk.phone.answer()
        desk.office.hang_up(caller)
        await desk.events.type("end")
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hub import config as configuration
from hub.app import Hub
from hub.phone.commands import AnswerLeg, EndLeg
from hub.sim import scenario
from hub.sim.exchange.office import Who
from hub.sim.samples import TWO_DESKS, sample_scenario
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from hub.clock import Clock
    from hub.events import Event
    from hub.phone.phone import Phone
    from hub.sim.exchange.office import Office

T = TypeVar("T")

WITHIN = 30.0
"""Seconds that a test waits for anything at most."""


class SimulatedOffice:
    """A phone system that runs, and what people do there with their hands."""

    def __init__(self, server: SimServer) -> None:
        self.server = server

    def call(self, number: str = "+15855551234", name: str = "Ada Caller", *, to: str = "+15855550100") -> str:
        """Let somebody outside call a number of the office; return their leg."""
        return self.server.exchange.call_in(self.server.now(), Who(number, name), to)

    def hang_up(self, leg: str) -> None:
        """Let the party of a leg hang up; nothing happens if it is gone."""
        self.server.exchange.hang_up(self.server.now(), leg)

    def pick_up(self, handset: str) -> None:
        """Let somebody answer at a ringing handset; LookupError if it does not ring."""
        self._by_hand(handset, AnswerLeg, ("alerting",))

    def put_down(self, handset: str) -> None:
        """Let somebody hang up at a handset; LookupError if it is not in use."""
        self._by_hand(handset, EndLeg, ("connected", "initiated", "alerting"))

    def drop_connections(self) -> None:
        """Cut all connections of hubs without a word; calls go on."""
        self.server.drop_connections()

    def _by_hand(self, handset: str, command: type[AnswerLeg | EndLeg], states: tuple[str, ...]) -> None:
        exchange = self.server.exchange
        legs = [leg for leg in exchange.legs() if leg.device == handset and leg.state in states]
        if not legs:
            raise LookupError(f"handset {handset} has no call that is {' or '.join(states)}")
        exchange.command(self.server.now(), legs[0].user, command(legs[0].id), by_hand=True)


class Recorded:
    """The events that were told, in order; a test waits for those it wants."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._more = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Take an event in."""
        self.all.append(event)
        self._more.set()

    async def until(self, enough: Callable[[list[Event]], T]) -> T:
        """Return what `enough(events)` says, once it is true; TimeoutError if that does not come."""
        try:
            async with asyncio.timeout(WITHIN):
                while not (found := enough(self.all)):
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            told = ", ".join(event.key for event in self.all)
            raise TimeoutError(f"waited {WITHIN:g} s in vain; told were: {told}") from None
        return found

    async def type(self, name: str, times: int = 1) -> Event:
        """Return the last of so many events of a type, once they were told."""

        def last(events: list[Event]) -> Event | None:
            found = [event for event in events if event.type == name]
            return found[times - 1] if len(found) >= times else None

        found = await self.until(last)
        if found is None:
            raise LookupError(name)
        return found

    async def state(self, name: str, times: int = 1) -> None:
        """Return once phones have been in a state (connected, lost, ...) so many times."""
        await self.until(lambda events: sum(getattr(event, "state", "") == name for event in events) >= times)

    def keys(self) -> list[str]:
        """Return the keys of the call events without the conversation's name: `alice:ring:1`."""
        return [event.key.split(".", 1)[1] for event in self.all if hasattr(event, "nth")]


@dataclass(frozen=True, slots=True)
class Desk:
    """A hub that runs, the office it is connected to, and what it tells."""

    hub: Hub
    office: SimulatedOffice
    events: Recorded

    @property
    def phone(self) -> Phone:
        """The phone of the first user."""
        return next(iter(self.hub.phones.values()))

    async def settled(self) -> None:
        """Return when rules, plugins and store have worked off what was told so far."""
        await self.hub.settled()


@asynccontextmanager
async def simulated_office(office: Office | None = None) -> AsyncIterator[SimulatedOffice]:
    """Run an office; without one, that of two desks: alice (101, alice-desk), bob (102, bob-desk)."""
    async with SimServer(office or scenario.load(sample_scenario(TWO_DESKS)).office) as server:
        yield SimulatedOffice(server)


def write_config(
    folder: Path,
    server: SimServer,
    users: Iterable[str] = ("alice",),
    more: str = "",
    handsets: Iterable[str] = (),
) -> Path:
    """Write a phonehub.toml for users of an office, their passwords in files, folders for rules and plugins."""
    lines = ['[hub]\nstate = "state"\n\n[dial_plan]\narea_code = "585"\n']
    for user in users:
        secret = folder / f"{user}.password"
        secret.touch(mode=0o600)
        secret.write_text(server.office.users[user].password, encoding="utf-8")
        lines.append(
            f'[users.{user}.phone]\nadapter = "sim"\nserver = "{server.url}"\nuser = "{user}"\n'
            f'password = "${{file:{secret.name}}}"\nhandsets = {json.dumps(list(handsets))}\n'
        )
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "plugins").mkdir(exist_ok=True)
    path = folder / "phonehub.toml"
    path.write_text("\n".join([*lines, more]), encoding="utf-8")
    return path


@asynccontextmanager
async def running(
    path: Path, plugins: Iterable[object] = (), clock: Clock | None = None
) -> AsyncIterator[tuple[Hub, Recorded]]:
    """Run a hub by its configuration file until its phones are connected, and stop it at the end."""
    hub = Hub(configuration.load(path), clock=clock, plugins=plugins)
    events = Recorded()
    hub.subscribe(events.hear)
    await hub.start()
    try:
        await events.state("connected", len(hub.phones))
        yield hub, events
    finally:
        await hub.stop()


@asynccontextmanager
async def running_desk(
    folder: Path,
    *plugins: object,
    config: str = "",
    rules: Mapping[str, str] | None = None,
    users: Iterable[str] = ("alice",),
    office: Office | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Desk]:
    """Run an office and a hub signed in to it: with these plugins beside the installed ones, more configuration, rules.

    `rules` are rule files by name. Everything is in `folder`.
    """
    async with simulated_office(office) as simulated:
        path = write_config(folder, simulated.server, users, config)
        for name, text in (rules or {}).items():
            (folder / "rules" / name).write_text(text, encoding="utf-8")
        async with running(path, plugins, clock) as (hub, events):
            yield Desk(hub, simulated, events)
