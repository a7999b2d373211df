"""An office's day, compressed: in the evening a hub holds what it held in the morning, and all is in the history."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_office import TELLER, HubProcess, listening

from hub.core.call import Outcome
from hub.sim import scenario
from hub.store.store import Store
from hub.testing.harness import simulated_office, write_config

if TYPE_CHECKING:
    from small_office import Heard

    from hub.sim.exchange.office import Office
    from hub.testing.harness import SimulatedOffice

USERS = [f"user{number}" for number in range(20)]
MORNING, DAY = 1000, 5000
"""Calls until the first look, and until the last."""
RECORDED_EVERY = 10
TALK, RECORDED_TALK = 0.3, 2.0
"""Seconds that a call lasts."""


def own(user: str) -> str:
    """Return the user's number."""
    return f"+1585555{1000 + USERS.index(user)}"


def recorded(user: str) -> str:
    """Return another one, whose calls are recorded."""
    return f"+1585555{2000 + USERS.index(user)}"


def office() -> Office:
    lines = ", ".join(f"L{number}" for number in range(100))
    text = f"office: {{name: Long day, audio_channels: 200, lines: [{lines}]}}\nusers:\n"
    for number, user in enumerate(USERS):
        text += f"  {user}: {{extension: {200 + number}, password: {user}-secret, handsets: {{{user}-desk: {{}}}}}}\n"
    text += "numbers:\n"
    for user in USERS:
        for number in (own(user), recorded(user)):
            text += f'  "{number}": {{name: Direct, route: [{{ring: {user}, for: 60}}]}}\n'
    return scenario.read(text.encode(), "long-day.yaml").office


class Day:
    """Calls that come in, are answered and end, twenty at a time."""

    def __init__(self, outside: SimulatedOffice, heard: Heard) -> None:
        self.outside = outside
        self.heard = heard
        self.begun = 0

    def count(self, kind: str) -> int:
        return sum(one["type"] == kind for one in self.heard.all)

    async def until(self, calls: int) -> None:
        """Return when so many calls have ended, and all their recordings are ready."""
        await asyncio.gather(*(self._work(user, calls) for user in USERS))
        ready = calls // RECORDED_EVERY
        await self.heard.until(lambda _: self.count("end") >= calls and self.count("recording_ready") >= ready)

    async def _work(self, user: str, calls: int) -> None:
        while self.begun < calls:
            self.begun += 1
            records = self.begun % RECORDED_EVERY == 0
            caller = self.outside.call(f"+1585444{self.begun:04}", to=recorded(user) if records else own(user))
            self.outside.pick_up(f"{user}-desk")
            await asyncio.sleep(RECORDED_TALK if records else TALK)
            self.outside.hang_up(caller)


def resident(pid: int) -> int:
    """Return the memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return 1024 * int(next(line for line in status.split("\n") if line.startswith("VmRSS:")).split()[1])


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.feature("CALL-21", "HIST-01", "REC-05")
async def test_a_day_of_five_thousand_calls_leaves_nothing_behind(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside, listening() as (port, heard):
        path = write_config(tmp_path, outside.server, USERS, more=f"[plugins.teller]\nport = {port}\n")
        (tmp_path / "plugins" / "teller.py").write_text(TELLER, encoding="utf-8")
        dnis = json.dumps([recorded(user) for user in USERS])
        rule = f"on: answer\nwhen: {{dnis: {dnis}}}\ndo:\n  - record: start\n"
        (tmp_path / "rules" / "record.yaml").write_text(rule, encoding="utf-8")
        hub, day = HubProcess(path), Day(outside, heard)
        await hub.start()
        try:
            up = {"type": "phone", "state": "connected"}
            await heard.until(lambda all_: sum(up.items() <= one.items() for one in all_) >= len(USERS))
            assert hub.process
            await day.until(MORNING)
            memory, files = resident(hub.process.pid), descriptors(hub.process.pid)
            await day.until(DAY)
            grown = resident(hub.process.pid) - memory
            assert descriptors(hub.process.pid) <= files
            assert grown < 0.1 * memory, f"{grown >> 20} MiB more than the {memory >> 20} after {MORNING} calls"
        finally:
            assert await hub.end() == 0
    keys = [one["key"] for one in heard.all]
    assert len(set(keys)) == len(keys)
    store = Store(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
    await store.open()
    try:
        past = [entry for user in USERS for entry in await store.calls(user, limit=DAY)]
    finally:
        await store.close()
    assert len(past) == DAY
    assert {entry.outcome for entry in past} == {Outcome.ENDED}
    files = list((tmp_path / "state").rglob("*.wav"))
    assert len(files) == DAY // RECORDED_EVERY
    assert all(file.with_suffix(".json").exists() for file in files)
