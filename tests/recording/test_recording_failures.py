"""What can go wrong with a recording: each is told by itself, what there is is kept, and the call goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import soundfile
from talking import talking

from hub.core.recording import Cue
from hub.phone.adapter import PhoneError
from hub.recording.convert import digest
from hub.recording.failures import ADVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from talking import Talk

pytestmark = pytest.mark.feature("REC-10")


async def failed(talk: Talk, reason: str) -> None:
    """Wait until a failure is told with its advice, and see that the call goes on."""
    told = await talk.recording("failed")
    assert (told.reason, told.advice) == (reason, ADVICE[reason])
    assert told.advice
    (call,) = talk.phone.calls
    assert call.state == "connected"
    assert talk.hub.recorder.view("alice", call.id).advice == ADVICE[reason]


async def test_no_audio_is_told_and_so_is_that_it_came(tmp_path: Path) -> None:
    async with talking(tmp_path, "no_audio_after = 0.5") as talk:
        await talk.answered()
        talk.line.silent = True
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "no_audio")
        talk.line.silent = False
        assert (await talk.recording("recording", 2)).reason == "audio_again"
        await talk.heard(20)
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.events.type("recording_ready")
        assert len(talk.files()) == 1


async def test_a_call_that_was_never_heard_leaves_no_file(tmp_path: Path) -> None:
    async with talking(tmp_path, "no_audio_after = 0.3") as talk:
        await talk.answered()
        talk.line.silent = True
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "no_audio")
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.hub.settled()
        assert list_of(talk.folder) == []
        assert not [event for event in talk.events.all if event.type == "recording_ready"]


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("no_channel", "no_channel"),
        ("unsupported_codec", "unsupported_codec"),
        ("missing_capability", "missing_capability"),
        ("something_else", "refused"),
    ],
)
async def test_what_the_phone_system_refuses(tmp_path: Path, refusal: str, reason: str) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        talk.line.refusal = refusal
        with pytest.raises(PhoneError) as refused:
            await talk.hub.recorder.ask("alice", "", Cue.START)
        assert refused.value.code == reason
        await failed(talk, reason)
        assert list_of(talk.folder) == []
        talk.line.refusal = ""
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.recording("recording")


async def test_an_adapter_that_breaks(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        talk.line.codec = "nonsense"
        with pytest.raises(PhoneError, match="UnsupportedCodec"):
            await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "refused")
        assert list_of(talk.folder) == []


async def test_a_codec_that_is_not_known(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        talk.line.codec = "GSM"
        with pytest.raises(PhoneError, match="GSM"):
            await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "unsupported_codec")
        assert list_of(talk.folder) == []


async def test_the_folder_is_missing(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        talk.folder.rmdir()
        with pytest.raises(PhoneError):
            await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "folder_missing")


async def test_the_folder_is_removed_in_mid_call(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(30)
        shutil.rmtree(talk.folder)
        await failed(talk, "folder_missing")
        await talk.hub.settled()


async def test_the_hubs_own_folder_is_made(tmp_path: Path) -> None:
    async with talking(tmp_path, to=None) as talk:
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(5)
        own = tmp_path / "state" / "recordings" / "alice"
        assert len(list_of(own)) == 2
        assert own.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
async def test_the_disk_is_full(tmp_path: Path, small_disk: Path) -> None:
    async with talking(tmp_path, to=str(small_disk)) as talk:
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(75)
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 1024):
                pass
        await failed(talk, "disk_full")
        await talk.events.type("recording_ready")  # although nothing can be written beside it
        (path,) = talk.files()
        audio, rate = soundfile.read(path)
        assert len(audio) / rate > 0.4
        assert list_of(talk.folder) == [path.with_suffix(".json").name, path.name, "filler"]
        (entry,) = await talk.hub.recordings.entries("alice")
        assert (entry.size, entry.sha256) == digest(path)
        (small_disk / "filler").unlink()
        talk.hub.recorder.keeping.start({"alice": talk.folder}, {}, lambda *_: None)
        await talk.hub.recorder.keeping.settled()  # as the next start does
        assert talk.sidecar(path)["stage"] == "saved"
        assert (await talk.hub.recordings.entries("alice"))[0].sha256 == digest(path)[1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_file_that_may_grow_no_further(tmp_path: Path) -> None:
    """The limit is the process's, so it is tried in one of its own."""
    script = f"""
import resource
from pathlib import Path
from hub.recording.failures import of_error
from hub.recording.wav import Coding, WavWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
wav = WavWriter(Path({str(tmp_path / "a.wav")!r}), Coding.MULAW, 8000)
try:
    for _ in range(10):
        wav.write(b"\\x80" * 8000)
except OSError as error:
    print(of_error(error).reason)
wav.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in {"disk_full", "too_large"}
    assert soundfile.info(tmp_path / "a.wav").frames == 8000


async def test_no_port_is_free(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        first = two_in_a_row(taken, other)
        async with talking(tmp_path, more=f"[receiving]\nports = [{first}, {first + 1}]") as talk:
            await talk.answered()
            with pytest.raises(PhoneError, match=str(first)):
                await talk.hub.recorder.ask("alice", "", Cue.START)
            await failed(talk, "no_port")


async def test_what_it_needs_is_not_installed(tmp_path: Path, without: Callable[[str], None]) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered()
        without("hub.media.codecs")
        with pytest.raises(PhoneError, match=r'pip install "phonehub\[recording\]"'):
            await talk.hub.recorder.ask("alice", "", Cue.START)
        await failed(talk, "not_installed")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda module: monkeypatch.setitem(sys.modules, module, None)


def two_in_a_row(one: socket.socket, other: socket.socket) -> int:
    """Take two ports that follow each other."""
    for first in range(20_000, 60_000, 2):
        try:
            one.bind(("127.0.0.1", first))
        except OSError:
            continue
        try:
            other.bind(("127.0.0.1", first + 1))
        except OSError:
            one.close()
            raise
        return first
    raise LookupError("no ports")


def list_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
