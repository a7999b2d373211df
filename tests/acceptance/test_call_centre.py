"""A call centre by the command line: a phone system, a hub for its people, and a process for every command."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.sim import scenario
from hub.sim.samples import sample_scenario
from hub.testing.harness import running, simulated_office, write_config

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.testing.harness import Recorded, SimulatedOffice

PHONEHUB = Path(sys.executable).parent / "phonehub"
PEOPLE = ("ann", "ben", "sue")
PINS = {"ann": "739164", "ben": "628053"}
SUPPORT = "+15855550100"


@dataclass
class Centre:
    """The command lines of everybody, and what their hub tells."""

    config: Path
    hub: Hub
    heard: Recorded
    outside: SimulatedOffice

    async def run(self, user: str, *arguments: str, stdin: str = "", code: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            PHONEHUB, "--config", self.config, "--user", user, *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(30):
            out, err = (text.decode() for text in await process.communicate(stdin.encode()))
        assert process.returncode == code, err
        assert "Traceback" not in err
        return err if code else out

    async def ask(self, user: str, *arguments: str) -> Any:
        return json.loads(await self.run(user, *arguments, "--json"))

    async def sign_in(self, user: str, *queues: str) -> str:
        return await self.run(user, "agent", "sign-in", *queues, stdin=f"{PINS[user]}\n")

    async def until(self, user: str, state: str, reason: str = "") -> None:
        """Return once the user's board says this state."""

        def is_so(_: object) -> bool:
            board: Any = self.hub.phones[user].boards["agent"]
            return (board.state, board.reason) == (state, reason)

        await self.heard.until(is_so)

    async def until_waiting(self, callers: int) -> None:
        def is_so(_: object) -> bool:
            board: Any = self.hub.phones["sue"].boards["queues"]
            return sum(queue.waiting for queue in board.queues) == callers

        await self.heard.until(is_so)


async def they_sign_in(centre: Centre) -> None:
    run, ask = centre.run, centre.ask
    assert await run("ann", "agent", "sign-in", stdin="111111\n", code=1) == "the PIN is not that of ann\n"
    assert "ann is no agent of Sales" in await run("ann", "agent", "sign-in", "Sales", stdin=f"{PINS['ann']}\n", code=1)
    assert "sue is an agent of no queue" in await run("sue", "agent", "sign-in", stdin="406831\n", code=1)
    assert await run("sue", "agent", "status") == "you are an agent of no queue\n"
    assert (await ask("ann", "agent", "status"))["state"] == "signed_out"

    assert await centre.sign_in("ann", "Support") == "signed in to Support\n"
    await centre.until("ann", "idle")
    assert "idle for 0:0" in await run("ann", "agent", "status")
    assert await centre.sign_in("ben") == "signed in to Support, Orders\n"
    await centre.until("ben", "idle")
    assert await run("ben", "agent", "busy", "lunch") == "you are busy (lunch)\n"
    await centre.until("ben", "busy", "lunch")
    await run("ben", "agent", "busy", "team meeting")
    await centre.until("ben", "busy", "team meeting")
    assert "sign in again" in await run("ben", "agent", "idle", code=1)

    queues = {queue["name"]: queue for queue in await ask("sue", "queues")}
    assert {name: queue["agents"] for name, queue in queues.items()} == {"Support": 3, "Orders": None}
    assert queues["Support"]["distribution"] == "longest_idle"
    assert "supervises no queue" in await run("ann", "agents", code=1)


async def they_answer(centre: Centre) -> None:
    run, ask, outside = centre.run, centre.ask, centre.outside
    first = outside.call("+15855551234", "Jane Customer", to=SUPPORT)
    outside.pick_up("cat-desk")
    second = outside.call("+15855551235", "Vic Important", to=SUPPORT)
    ring: Any = await centre.heard.type("ring")
    assert (ring.user, ring.call.queue, ring.call.party.name) == ("ann", "Support", "Vic Important")
    await centre.until("ann", "ringing")
    assert "the call must be over first" in await run("ann", "agent", "busy", "no", code=1)
    assert "rings" in await run("ann", "agent", "sign-out", stdin=f"{PINS['ann']}\n", code=1)
    await run("ann", "answer")
    await centre.until("ann", "on_call")
    outside.call("+15855551236", "Olga Orders", to=SUPPORT)
    await centre.until_waiting(1)
    waiting = next(queue for queue in await ask("sue", "queues") if queue["name"] == "Support")
    assert waiting["waiting"] == 1
    assert waiting["waiting_since"]
    agents = {agent["user"]: agent for agent in await ask("sue", "agents")}
    assert {name: agent["state"] for name, agent in agents.items()} == {
        "ann": "on_call", "ben": "busy", "cat": "on_call",
    }  # fmt: skip
    assert (agents["ann"]["queue"], agents["ben"]["reason"]) == ("Support", "team meeting")
    assert "team meeting" in await run("sue", "agents")

    await run("ann", "hold")
    await centre.until("ann", "on_hold")
    await run("ann", "resume")
    await centre.until("ann", "on_call")
    outside.hang_up(second)
    await centre.until("ann", "wrap_up")
    assert "wrap up for 0:" in await run("ann", "agent", "status")
    assert await run("ann", "agent", "wrap-up-end") == "you are idle\n"
    await centre.until("ann", "ringing")
    assert await centre.sign_in("ben", "Support") == "signed in to Support\n"
    await centre.until("ben", "idle")
    outside.hang_up(first)
    assert await run("ben", "agent", "sign-out", stdin=f"{PINS['ben']}\n") == "signed out of Support, Orders\n"
    await centre.until("ben", "signed_out")


def everything_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.feature("QUEUE-01", "QUEUE-02", "QUEUE-03", "QUEUE-04")
async def test_a_day_in_a_call_centre_and_no_pin_stays_anywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    office = scenario.load(sample_scenario("call-centre.yaml")).office
    async with simulated_office(office) as outside:
        config = write_config(tmp_path, outside.server, PEOPLE)
        async with running(config) as (hub, heard):
            centre = Centre(config, hub, heard, outside)
            await they_sign_in(centre)
            await they_answer(centre)
            await hub.settled()
    kept = everything_in(tmp_path)
    assert b"Vic Important" in b"".join(kept)
    for pin in PINS.values():
        assert pin not in caplog.text
        assert not any(pin.encode() in data for data in kept)
        assert not any(pin in repr(event) for event in heard.all)
