"""A small office, a hub in a process of its own, and somebody who listens to it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from hub.sim import scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from hub.sim.exchange.office import Office

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
        state = getattr(event, "state", "")
        told = {"type": event.type, "key": event.key, "inferred": event.inferred, "state": state}
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
