"""P4: from a ring on the wire to a rule's command started, through the whole hub; beside a bare posix_spawn and wait.

The phone system, the hub and its store run as ever: the ring comes over a WebSocket, the action is claimed durably
(fdatasync) before it runs. Both sides take turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hub_screenpop.process
from hub import config
from hub.app import Hub
from hub.events import ActionDone, PhoneChanged
from hub.sim import scenario
from hub.sim.exchange.office import Who
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from hub.events import Event

ROUNDS = 300
WARM_UP = 20
PROGRAM = shutil.which("true") or "/bin/true"
OFFICE = """\
office: {name: Bench, lines: [L1, L2]}
users:
  alice: {name: Alice, extension: "101", password: secret-alice, handsets: {desk: {name: Desk, appearances: 4}}}
numbers:
  "+15855550100": {name: Main, route: [{ring: alice, for: 600}]}
"""
CONFIG = """\
[hub]
state = "state"
[users.alice.phone]
adapter = "sim"
server = "%s"
user = "alice"
password = "${file:password}"
"""
RULE = f"{{on: ring, limits: {{per_minute: 10000}}, do: {{run: [{PROGRAM}, '%CALLNUM%']}}}}\n"


def bare() -> float:
    begun = time.perf_counter()
    _, status = os.waitpid(os.posix_spawn(PROGRAM, [PROGRAM, "+15855551234"], os.environ), 0)
    assert status == 0
    return time.perf_counter() - begun


def at(times: list[float], part: float) -> float:
    return sorted(times)[int(len(times) * part)] * 1000


async def measure(folder: Path) -> tuple[list[float], list[float]]:
    (folder / "rules").mkdir()
    (folder / "rules" / "run.yaml").write_text(RULE)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text("secret-alice")
    started: asyncio.Queue[float] = asyncio.Queue()
    done: asyncio.Queue[ActionDone] = asyncio.Queue()
    connected = asyncio.Event()
    loop = asyncio.get_running_loop()
    start = hub_screenpop.process.start

    def timed(*arguments: Any, **more: Any) -> Any:
        process = start(*arguments, **more)  # it returns when the program runs: exec has succeeded
        loop.call_soon_threadsafe(started.put_nowait, time.perf_counter())
        return process

    def hear(event: Event) -> None:
        if isinstance(event, ActionDone):
            done.put_nowait(event)
        elif isinstance(event, PhoneChanged) and event.state == "connected":
            connected.set()

    hub_screenpop.process.start = timed
    ours, theirs = [], []
    async with SimServer(scenario.read(OFFICE.encode(), "office.yaml").office) as server:
        path = folder / "phonehub.toml"
        path.write_text(CONFIG % server.url)
        hub = Hub(config.load(path))
        hub.subscribe(hear)
        await hub.start()
        await connected.wait()
        for turn in range(ROUNDS + WARM_UP):
            theirs.append(bare())
            begun = time.perf_counter()
            leg = server.exchange.call_in(server.now(), Who("+15855551234", "Bench"), "+15855550100")
            ours.append(await started.get() - begun)
            assert (await done.get()).status == "ok", turn
            server.exchange.hang_up(server.now(), leg)
            await hub.settled()
        history = await hub.store.actions("alice", limit=ROUNDS)
        assert len(history) == ROUNDS
        assert {record.detail for record in history} == {f"{PROGRAM} +15855551234"}
        await hub.stop()
    return ours[WARM_UP:], theirs[WARM_UP:]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = asyncio.run(measure(Path(folder)))
    for part in (0.5, 0.99):
        us, peer = at(ours, part), at(theirs, part)
        print(
            json.dumps(
                {
                    "id": "P4",
                    "what": f"ring on the wire to command started, p{round(part * 100)}",
                    "ours": round(us, 2),
                    "peer": round(peer, 2),
                    "unit": "ms",
                    "peer_name": "posix_spawn + wait",
                    "ratio": round(peer / us, 2),
                    "goal": "within 1.5x, plus 1 ms",
                    "met": us <= 1.5 * peer + 1,
                }
            )
        )


if __name__ == "__main__":
    main()
