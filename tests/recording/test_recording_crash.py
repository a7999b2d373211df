"""A hub that is killed in mid-call: what it recorded can be played at once, and the next start finishes it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import soundfile
from always_talking import PLUGIN
from hearing import goertzel
from talking import FAR, USER, configured

from hub.recording import left_behind, sidecar
from hub.recording.sidecar import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TESTS = Path(__file__).resolve().parents[1]


class HubProcess:
    """`phonehub run`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.cli", "--config", str(self.path), "run",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def ask(self, *words: str) -> Any:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.cli", "--config", str(self.path), *words, "--json",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        return json.loads(said) if process.returncode == 0 else None


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[HubProcess]:
    path = configured(tmp_path, "record_all = true")
    paths = [str(TESTS / "recording"), str(TESTS / "web")]
    (tmp_path / "plugins" / "busy.py").write_text(PLUGIN.format(paths=paths))
    process = HubProcess(path)
    yield process
    await process.kill()


async def until(holds: Callable[[], Any], within: float = 40.0) -> Any:
    """Return what holds, once it does; another process makes it hold, so it is looked at again and again."""
    async with asyncio.timeout(within):
        while not (found := holds()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


def written(folder: Path, more_than: float) -> Path | None:
    for path in folder.glob("*.wav"):
        if path.stat().st_size > 100 and soundfile.info(path).duration > more_than:
            return path
    return None


@pytest.mark.feature("REC-09")
async def test_kill_in_mid_call(hub: HubProcess, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    await hub.start()
    path = await until(lambda: written(folder, 2.0))
    await hub.kill()
    killed = datetime.now(UTC)

    told = sidecar.read(path.with_suffix(".json"))
    assert told is not None
    assert told.stage is Stage.RECORDING
    audio, rate = soundfile.read(path)
    elapsed = (killed - told.began).total_seconds()
    assert elapsed - 1.0 - 0.25 < len(audio) / rate <= elapsed  # it takes a while to see the file, and to kill
    assert goertzel(audio[-rate // 2 :, 0], USER, rate) > 0.1
    assert goertzel(audio[-rate // 2 :, 1], FAR, rate) > 0.1

    await hub.start()
    saved = await until(lambda: finished(path))
    assert saved.duration == pytest.approx(len(audio) / rate)
    assert saved.sha256
    found = await asked(hub, "recordings", "list")
    mine = next(each for each in found if each["id"] == saved.id)
    past = await hub.ask("history")
    assert [each["recordings"] for each in past if each["id"] == mine["call"]] == [[saved.id]]
    await until(lambda: len(list(folder.glob("*.wav"))) > 1)  # it is on a new call, and records that


def finished(path: Path) -> sidecar.Sidecar | None:
    told = sidecar.read(path.with_suffix(".json"))
    return told if told is not None and told.stage is Stage.SAVED else None


async def asked(hub: HubProcess, *words: str) -> Any:
    async with asyncio.timeout(30):
        while not (told := await hub.ask(*words)):  # noqa: ASYNC110  the hub is another process
            await asyncio.sleep(0.1)
    return told


async def test_what_another_hub_writes_is_left_alone(hub: HubProcess, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    await hub.start()
    path = await until(lambda: written(folder, 0.5))
    assert left_behind.found(folder, "alice") == []
    assert left_behind.found(folder, "bob") == []
    await hub.kill()
    ((found, told),) = left_behind.found(folder, "alice")
    assert found == path.with_suffix(".json")
    assert told.stage is Stage.CONVERTING


@pytest.mark.peer
@pytest.mark.feature("REC-09")
@pytest.mark.parametrize("program", ["sox", "ffprobe"])
async def test_any_player_opens_what_is_being_written(hub: HubProcess, tmp_path: Path, program: str) -> None:
    if shutil.which(program) is None and not os.environ.get("CI"):
        pytest.skip(f"{program} is not installed")
    await hub.start()
    path = await until(lambda: written(tmp_path / "recordings", 1.0))
    words = {
        "sox": ["sox", "--i", "-D"],
        "ffprobe": ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"],
    }[program]
    for _ in range(5):
        done = subprocess.run([*words, str(path)], capture_output=True, text=True, check=True)  # noqa: ASYNC221
        assert float(done.stdout) >= 1.0
        assert not done.stderr
    await hub.kill()
