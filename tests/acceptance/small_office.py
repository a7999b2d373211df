"""A small office behind a real socket, hubs in this process or in one of their own, and somebody who listens."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from hub import config
from hub.app import Hub
from hub.sim import scenario
from hub.sim.office import Who
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from hub.events import Event
    from hub.sim.office import Office

NOTIFY = """\
import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as there:
    there.sendall((json.dumps({"argv": sys.argv[2:]}) + "\\n").encode())
"""

TELLER = """\
import json, socket

from pydantic import BaseModel

from hub import EVENTS, hookimpl


class Config(BaseModel):
    port: int


class Teller:
    @hookimpl
    def register_config(self):
        return Config

    @hookimpl
    def start(self, context):
        self.there = socket.create_connection(("127.0.0.1", context.config.port))

    @hookimpl
    def stop(self, context):
        self.there.close()

    @hookimpl
    def on_event(self, event, context):
        call = getattr(event, "call", None)
        told = {"type": event.type, "key": event.key, "inferred": event.inferred}
        if hasattr(call, "started"):
            told |= {"call": call.id, "outcome": call.outcome, "started": call.started.isoformat(), "state": call.state}
        self.there.sendall((json.dumps(told) + "\\n").encode())
"""


def office(alice: Iterable[str] = ("alice-desk",), *, group: bool = False) -> Office:
    """Return an office of Alice, with these handsets, and Bob; `group` lets both ring for the main number."""
    handsets = "".join(f"      {name}: {{name: {name}, appearances: 4}}\n" for name in alice)
    target = "support" if group else "alice"
    text = f"""\
office:
  name: Test office
  tone: 0.1
  lines: [L1, L2, L3, L4, L5, L6]
users:
  alice:
    name: Alice
    extension: "101"
    password: alice-secret
    handsets:
{handsets}
  bob:
    name: Bob
    extension: "102"
    password: bob-secret
    handsets:
      bob-desk: {{name: Bob's desk, appearances: 4}}
groups:
  support:
    name: Support
    extension: "600"
    members: [alice, bob]
numbers:
  "+15855550100":
    name: Main number
    route:
      - {{ring: {target}, for: 600}}
"""
    return scenario.read(text.encode(), "office.yaml").office


class World:
    """A phone system that runs, and what people outside do to it."""

    def __init__(self, server: SimServer) -> None:
        self.server = server

    def call(self, number: str = "+15855551234", name: str = "Ada Caller") -> str:
        """Let somebody call the main number; return their leg."""
        return self.server.exchange.call_in(self.server.now(), Who(number, name), "+15855550100")

    def hang_up(self, leg: str) -> None:
        """Let somebody hang up."""
        self.server.exchange.hang_up(self.server.now(), leg)

    def pick_up(self, device: str) -> None:
        """Let somebody pick a ringing handset up by hand."""
        from hub.phone.commands import AnswerLeg

        exchange = self.server.exchange
        leg = next(leg for leg in exchange.legs() if leg.device == device and leg.state == "alerting")
        exchange.command(self.server.now(), leg.user, AnswerLeg(leg.id), by_hand=True)


@asynccontextmanager
async def world(of: Office) -> AsyncIterator[World]:
    async with SimServer(of) as server:
        yield World(server)


def write_config(
    folder: Path, server: SimServer, users: Iterable[str] = ("alice",), more: str = "", handsets: tuple[str, ...] = ()
) -> Path:
    """Write a configuration with the users' passwords in files, and empty folders for rules and plugins."""
    lines = ['[hub]\nstate = "state"\n\n[dial_plan]\narea_code = "585"\n']
    for user in users:
        secret = folder / f"{user}.password"
        secret.touch(mode=0o600)
        secret.write_text(f"{user}-secret", encoding="utf-8")
        lines.append(
            f'[users.{user}.phone]\nadapter = "sim"\nserver = "{server.url}"\nuser = "{user}"\n'
            f'password = "${{file:{secret.name}}}"\nhandsets = {json.dumps(list(handsets))}\n'
        )
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "plugins").mkdir(exist_ok=True)
    path = folder / "phonehub.toml"
    path.write_text("\n".join([*lines, more]), encoding="utf-8")
    return path


class Heard:
    """Remembers what it hears, and lets a test wait for what it wants to hear."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._more = asyncio.Event()

    def hear(self, one: Any) -> None:
        self.all.append(one)
        self._more.set()

    async def until(self, enough: Callable[[list[Any]], object]) -> None:
        while not enough(self.all):
            self._more.clear()
            await self._more.wait()


class HeardEvents(Heard):
    """Events of a hub in this process."""

    all: list[Event]

    def keys(self) -> list[str]:
        """Return the keys of the call events, without the conversation's name."""
        return [event.key.split(".", 1)[1] for event in self.all if hasattr(event, "nth")]

    async def type(self, name: str, times: int = 1) -> Event:
        """Return the event of that type, once there are so many."""
        await self.until(lambda events: sum(event.type == name for event in events) >= times)
        return [event for event in self.all if event.type == name][-1]

    async def state(self, name: str, times: int = 1) -> None:
        """Return once the phone has been in that state so many times."""
        await self.until(lambda events: sum(getattr(event, "state", "") == name for event in events) >= times)


@asynccontextmanager
async def running(path: Path, plugins: Iterable[object] = ()) -> AsyncIterator[tuple[Hub, HeardEvents]]:
    """Run a hub in this process until its phones are connected, and stop it at the end."""
    hub = Hub(config.load(path), plugins=plugins)
    heard = HeardEvents()
    hub.subscribe(heard.hear)
    await hub.start()
    try:
        await heard.state("connected", len(hub.phones))
        yield hub, heard
    finally:
        await hub.stop()


class HubProcess:
    """A hub in a process of its own, whose plugin and rules report to a socket here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.path.parent / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub.cli", "--config", str(self.path), "run",
                stdout=asyncio.subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    async def kill(self) -> None:
        """Kill -9."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()

    async def end(self) -> int:
        """Ask it to stop; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return await self.process.wait()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, Heard]]:
    """Listen on a free port for lines of JSON."""
    heard = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            heard.hear(json.loads(line))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
