"""What recording needs takes long to import, and nothing may hold up the loop that signals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPT = """
import asyncio, sys, threading
from pathlib import Path

sys.path[:0] = {paths!r}
HEAVY = ("numpy", "soundfile", "av")
main, elsewhere = [], []


class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in HEAVY:
            (main if threading.current_thread() is threading.main_thread() else elsewhere).append(name)


sys.meta_path.insert(0, Watch())
from hub.core.recording import Cue
from hub.sim import scenario
from hub.sim.samples import TWO_DESKS, sample_scenario
from hub.testing.harness import running_desk


async def record(folder):
    office = scenario.load(sample_scenario(TWO_DESKS)).office
    async with running_desk(folder, office=office, users=("alice",)) as desk:
        desk.office.call("+15855551234", "Ada")
        await desk.events.type("ring")
        await desk.hub.phones["alice"].answer()
        await desk.events.type("answer")
        await desk.hub.recorder.ask("alice", "", Cue.START)
        await desk.hub.clock.sleep(1.0)
        await desk.hub.recorder.ask("alice", "", Cue.STOP)
        ready = await desk.events.type("recording_ready")
        assert await desk.hub.recordings.peaks("alice", ready.recording, 10)


asyncio.run(record(Path({folder!r})))
print(main, sorted(set(elsewhere)))
"""


def test_nothing_heavy_is_imported_on_the_loop(tmp_path: Path) -> None:
    script = SCRIPT.format(paths=[str(HERE.parent / "web")], folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[] ['numpy', 'soundfile']\n"
