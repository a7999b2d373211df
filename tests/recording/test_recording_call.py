"""Recordings of whole calls: a real hub, a phone that sends RTP, real files."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hearing import beeps, goertzel
from steps import api, run
from talking import FAR, USER, talking

from hub.core.call import CallState, Cause
from hub.core.recording import Cue
from hub.phone import commands
from hub.phone.adapter import PhoneError

if TYPE_CHECKING:
    from pathlib import Path


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def has(audio: np.ndarray, rate: int, pitch: float) -> bool:
    return goertzel(audio, pitch, rate) > 0.1


@pytest.mark.feature("REC-01")
@pytest.mark.feature("REC-04")
async def test_start_pause_resume_stop(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk, api(talk) as client:
        call = await talk.answered()
        assert (await client.get(f"/calls/{call}/recording")).json()[0]["state"] == "off"
        begun = (await client.post("/calls/-/recording/start", json={})).json()
        assert [(each["call"], each["state"]) for each in begun] == [(call, "recording")]
        await talk.heard(65)
        paused = await run(talk, "record", "pause", "--json")
        assert [(each["state"], each["reason"]) for each in paused] == [("paused", "asked")]
        await talk.heard(30)
        assert [each["state"] for each in await run(talk, "record", "resume", call, "--json")] == ["recording"]
        await talk.heard(65)
        assert "recording" in await run(talk, "record", "status")
        (stopped,) = (await client.post(f"/calls/{call}/recording/stop", json={})).json()
        ready = await talk.events.type("recording_ready")
        assert (stopped["state"], stopped["recording"]) == ("off", ready.recording)
        told = [(each.state, each.reason) for each in talk.events.all if each.type == "recording"]
        assert told == [("recording", "asked"), ("paused", "asked"), ("recording", "asked"), ("off", "asked")]
        assert (await client.get("/calls")).json()[0]["state"] == "connected"
        (path,) = talk.files()
        facts = talk.sidecar(path)
    audio, rate = soundfile.read(path)
    assert rate == 8000
    assert ready.duration == pytest.approx(len(audio) / rate, abs=1e-3)
    assert has(audio[-rate // 2 :, 0], rate, USER)
    assert not has(audio[-rate // 2 :, 0], rate, FAR)
    assert has(audio[-rate // 2 :, 1], rate, FAR)
    assert not has(audio[-rate // 2 :, 1], rate, USER)
    heard = beeps(audio[:, 0], rate)
    assert len(heard) == 4, heard
    assert heard[:3] == [pytest.approx((begin, begin + 0.2), abs=0.02) for begin in (0.0, 0.4, 0.8)]
    (gap,) = facts["gaps"]
    assert heard[3][0] == pytest.approx(gap["at"], abs=0.02)
    assert {"at": gap["at"], "what": "join", "why": "asked"} in facts["markers"]
    assert {"at": 0.0, "what": "three beeps", "why": "asked"} in facts["markers"]
    assert gap["began"] < gap["ended"]


@pytest.mark.feature("REC-02")
async def test_a_recording_follows_hold(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        call = await talk.answered()
        await talk.hub.recorder.ask("alice", call, Cue.START)
        await talk.heard(65)
        await talk.phone.hold(call)
        assert (await talk.recording("paused")).reason == "held_privately"
        await talk.phone.resume(call)
        await talk.recording("recording", 2)
        await talk.heard(65)
        await talk.phone.hold(call)
        await talk.recording("paused", 2)
        talk.line.clear("leg1", Cause.NORMAL)
        assert (await talk.recording("off")).reason == "ended"
        await talk.events.type("recording_ready")
        (path,) = talk.files()
        assert [gap["why"] for gap in talk.sidecar(path)["gaps"]] == ["held_privately", "held_privately"]
    audio, rate = soundfile.read(path)
    assert len(beeps(audio[:, 1], rate)) >= 4


@pytest.mark.feature("REC-02")
async def test_shared_hold_ends_a_recording(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        call = await talk.answered()
        await talk.hub.recorder.ask("alice", call, Cue.START)
        await talk.heard(20)
        talk.line.hold_shared("leg1")
        assert (await talk.recording("off")).reason == "held_shared"
        await talk.events.type("recording_ready")
        assert isinstance(talk.line.asked[-1], commands.DetachMedia)


async def test_a_recording_follows_its_call_to_another_handset(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        call = await talk.answered()
        await talk.hub.recorder.ask("alice", call, Cue.START)
        await talk.heard(20)
        talk.line.hand_off("leg1", "leg9")
        await talk.events.until(lambda told: [each for each in told if getattr(each, "reason", "") == "moved"])
        await talk.heard(60, "leg9")
        await talk.hub.recorder.ask("alice", call, Cue.STOP)
        await talk.events.type("recording_ready")
        (path,) = talk.files()
    audio, rate = soundfile.read(path)
    assert has(audio[-rate // 2 : -rate // 10, 1], rate, FAR)


async def test_nothing_is_left_open(tmp_path: Path) -> None:
    async with talking(tmp_path, "record_all = true") as talk:
        open_before = 0
        for nth in range(12):
            call = await talk.answered()
            await talk.recording("recording", nth + 1)
            await talk.heard(3, f"leg{nth + 1}")
            await talk.phone.end(call)
            await talk.events.type("recording_ready", nth + 1)
            await talk.hub.settled()
            open_before = open_before or open_files()
        assert open_files() <= open_before + 1  # the database opens a further connection now and then
        assert len(talk.hub.recorder._calls) <= 1
        assert len(talk.files()) == 12


@pytest.mark.feature("REC-05")
async def test_nothing_is_recorded_any_more_while_the_hub_stops(tmp_path: Path) -> None:
    async with talking(tmp_path, "record_all = true") as talk:
        await talk.hub.recorder.stop()  # the phones are still there, and told of calls
        await talk.answered()
        with pytest.raises(PhoneError, match="the hub is being stopped"):
            await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.hub.recorder.settled()
        assert not [event for event in talk.events.all if event.type == "recording"]
        assert "phonehub-recording" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.feature("REC-03")
@pytest.mark.parametrize(
    ("cause", "reason"),
    [(Cause.TRANSFERRED, "transferred"), (Cause.PARKED, "parked"), (Cause.NORMAL, "ended")],
)
async def test_transfer_park_and_end_save_it(tmp_path: Path, cause: Cause, reason: str) -> None:
    async with talking(tmp_path) as talk:
        call = await talk.answered()
        await talk.hub.recorder.ask("alice", call, Cue.START)
        await talk.heard(20)
        talk.line.clear("leg1", cause)
        assert (await talk.recording("off")).reason == reason
        assert (await talk.events.type("recording_ready")).call.id == call
        assert len(talk.files()) == 1


@pytest.mark.feature("REC-05")
async def test_every_call_from_answer_to_end(tmp_path: Path) -> None:
    async with talking(tmp_path, "record_all = true") as talk:
        call = await talk.answered()
        await talk.recording("recording")
        await talk.heard(50)
        await talk.phone.end(call)
        ready = await talk.events.type("recording_ready")
        end = await talk.events.type("end")
        (path,) = talk.files()
        told = talk.sidecar(path)
        lasted = (end.call.ended - end.call.answered).total_seconds()
        assert ready.duration == pytest.approx(lasted, abs=0.3)
        assert told["missing"] < 0.3
        other = await talk.answered()
        await talk.recording("recording", 2)
        await talk.hub.recorder.ask("alice", other, Cue.STOP)
        await talk.phone.hold(other)
        await talk.events.type("hold")
        await talk.phone.resume(other)
        await talk.events.type("resume")
        await talk.hub.settled()
        assert talk.hub.recorder.view("alice", other).state == "off"
    audio, rate = soundfile.read(path)
    assert beeps(audio[:, 0], rate) == []


@pytest.mark.feature("REC-05")
async def test_a_call_that_was_up_before_is_recorded_with_three_beeps(tmp_path: Path) -> None:
    async with talking(tmp_path, "record_all = true") as talk:
        await talk.answered()
        await talk.recording("recording")
        await talk.heard(20)
        talk.line.hold_shared("leg1")
        await talk.recording("off")
        talk.line.told.put_nowait(None)  # the connection goes, and comes back with a snapshot
        talk.line.legs["leg1"] = replace(talk.line.legs["leg1"], state=CallState.CONNECTED)
        await talk.recording("recording", 2)
        await talk.heard(80)
        talk.line.clear("leg1", Cause.NORMAL)
        await talk.events.type("recording_ready", 2)
        path = talk.files()[-1]
        assert talk.sidecar(path)["missing"] > 0.3
    audio, rate = soundfile.read(path)
    assert len(beeps(audio[:, 0], rate)) == 3


@pytest.mark.feature("REC-05")
async def test_what_is_enforced_cannot_be_stopped(tmp_path: Path) -> None:
    async with talking(tmp_path, "may_pause = false") as talk, api(talk) as client:
        talk.line.capabilities |= {"record_all"}
        talk.line.told.put_nowait(None)
        await talk.events.state("connected", 2)
        await talk.answered()
        await talk.recording("recording")
        for what in ("stop", "pause"):
            refused = await client.post(f"/calls/-/recording/{what}", json={})
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        (stands,) = (await client.get("/calls/-/recording")).json()
        assert (stands["state"], stands["enforced"], stands["may_pause"]) == ("recording", True, False)


@pytest.mark.feature("REC-06")
async def test_each_call_of_a_conference_has_its_own_file(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        first = await talk.answered("+15855550001", "One")
        second = await talk.answered("+15855550002", "Two")
        with pytest.raises(PhoneError, match="several calls") as refused:
            await talk.hub.recorder.ask("alice", "", Cue.START)
        assert refused.value.code == "ambiguous_call"
        talk.line.conference("leg1", "leg2")
        await talk.events.type("call_changed", 2)
        begun = await talk.hub.recorder.ask("alice", "", Cue.START)
        assert {view.call for view in begun} == {first, second}
        await talk.heard(30, "leg2")
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.events.type("recording_ready", 2)
        assert {talk.sidecar(path)["call"] for path in talk.files()} == {first, second}
        assert [path.stem.rpartition("_in_")[2] for path in talk.files()] == ["+15855550001", "+15855550002"]


@pytest.mark.feature("REC-07")
@pytest.mark.parametrize(
    ("number", "end"),
    [
        ("+15855551234", "+15855551234"),
        ("", "withheld"),
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c\x00:*?\n\u202eüx", "a_b_c_x"),
        ("." * 300, "withheld"),
        ("9" * 500, "9" * 40),
    ],
)
async def test_a_hostile_number_stays_in_the_folder(tmp_path: Path, number: str, end: str) -> None:
    async with talking(tmp_path) as talk:
        await talk.answered(number)
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(5)
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.events.type("recording_ready")
        (path,) = talk.files()
        assert path.stem.endswith(f"_in_{end}")
        assert path.stem.startswith("alice_20")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.with_name(f"{path.stem}.json").stat().st_mode) == 0o600
        assert names(tmp_path) <= {"phonehub.toml", "recordings", "rules", "plugins", "state"}


@pytest.mark.feature("REC-09")
@pytest.mark.parametrize("kind", ["flac", "opus"])
async def test_other_formats_are_made_after_the_call(tmp_path: Path, kind: str) -> None:
    async with talking(tmp_path, f'format = "{kind}"') as talk:
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(60)
        assert len(talk.files()) == 1
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        ready = await talk.events.type("recording_ready")
        (path,) = talk.files(f".{kind}")
        assert not talk.files()
        told = talk.sidecar(path)
        assert ready.format == told["format"] == kind
        assert told["audio"] == path.name
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    audio, rate = soundfile.read(path)
    assert len(audio) / rate == pytest.approx(ready.duration, abs=0.05)
    assert has(audio[-rate // 2 :, 0], rate, USER)
    assert has(audio[-rate // 2 :, 1], rate, FAR)


@pytest.mark.feature("REC-12")
@pytest.mark.parametrize(
    ("codec", "rate"), [("PCMU", 8000), ("PCMA", 8000), ("G722", 16000), ("L16", 0), ("opus", 48000)]
)
async def test_every_codec_is_recorded(tmp_path: Path, codec: str, rate: int) -> None:
    async with talking(tmp_path) as talk:
        talk.line.codec = codec
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(80)
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.events.type("recording_ready")
        (path,) = talk.files()
        assert talk.sidecar(path)["codec"] == codec
    audio, found = soundfile.read(path)
    assert found == rate or not rate
    last = audio[-found // 2 : -found // 10]
    assert has(last[:, 0], found, USER)
    assert not has(last[:, 0], found, FAR)
    assert has(last[:, 1], found, FAR)


@pytest.mark.feature("REC-08")
async def test_gain(tmp_path: Path) -> None:
    async with talking(tmp_path, "gain = -12") as talk:
        await talk.answered()
        await talk.hub.recorder.ask("alice", "", Cue.START)
        await talk.heard(80)
        await talk.hub.recorder.ask("alice", "", Cue.STOP)
        await talk.events.type("recording_ready")
        (path,) = talk.files()
    audio, rate = soundfile.read(path)
    level = goertzel(audio[-rate // 2 : -rate // 10, 0], USER, rate)
    assert 20 * np.log10(level / (8000 / 32768)) == pytest.approx(-12, abs=0.5)
