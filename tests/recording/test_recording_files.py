"""The parts of a recording by themselves: names, WAV files, gain, tones, what a crash leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hearing import beeps, goertzel
from hypothesis import given
from hypothesis import strategies as st

from hub.core.call import Call, CallState, Direction, Party
from hub.core.numbers import Number, NumberKind
from hub.recording import gain, left_behind, sidecar, tones
from hub.recording.convert import Format, convert, digest
from hub.recording.failures import ADVICE, of_error
from hub.recording.finishing import Finisher, KeptAsItIs
from hub.recording.naming import MOST_ALIKE, beside, claim, stem_of
from hub.recording.sidecar import Side, Sidecar, Stage
from hub.recording.wav import Coding, FileGone, WavWriter
from hub.recording.waveform import peaks

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 23, 14, 15, 2, tzinfo=UTC)


def call(number: str = "+15855551234", user: str = "jsmith") -> Call:
    party = Party(Number(number, NumberKind.EXTERNAL, number if number.startswith("+") else ""))
    return Call(
        id="c.jsmith", conversation="c", user=user, direction=Direction.INBOUND,
        state=CallState.CONNECTED, party=party, started=AT,
    )  # fmt: skip


def told(**more: object) -> Sidecar:
    known = {
        "id": "0123456789ab", "stage": Stage.RECORDING, "audio": "a.wav", "format": "wav", "call": "c.alice",
        "conversation": "c", "user": "alice", "direction": "inbound", "far": Side(), "started": AT, "began": AT,
    }  # fmt: skip
    return Sidecar(**(known | more))


@pytest.mark.feature("REC-07")
def test_the_name_of_the_specification() -> None:
    assert stem_of(call(), AT) == "jsmith_2026-11-23_141502_in_+15855551234"
    out = replace(call("102"), direction=Direction.OUTBOUND)
    assert stem_of(out, AT) == "jsmith_2026-11-23_141502_out_102"


@given(st.text(max_size=100), st.text(min_size=1, max_size=60))
def test_no_number_leaves_the_folder(number: str, user: str) -> None:
    name = stem_of(call(number, user), AT)
    assert os.path.basename(name) == name  # noqa: PTH119  as the operating system sees it
    assert name not in {".", ".."}
    assert name.isascii()
    assert name.isprintable()
    assert len(name) < 120
    assert not set(name) & set('\\/:*?"<>| ')


@pytest.mark.feature("REC-07")
def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("mine")
    (tmp_path / "x_2.opus").write_text("mine")
    (tmp_path / "x_3.json").write_text("mine")
    assert claim(tmp_path, "x", [".wav", ".opus"]).name == "x_4.json"
    assert claim(tmp_path, "x", [".wav", ".opus"]).name == "x_5.json"
    assert beside(tmp_path / "+1.5.json", ".wav").name == "+1.5.wav"
    for nth in range(1, MOST_ALIKE + 1):
        (tmp_path / ("y.wav" if nth == 1 else f"y_{nth}.wav")).touch()
    with pytest.raises(FileExistsError, match="y already"):
        claim(tmp_path, "y", [".wav"])
    with pytest.raises(FileExistsError):
        WavWriter(tmp_path / "x.wav", Coding.PCM, 8000)
    made = tmp_path / "x.flac"
    made.write_text("mine")
    soundfile.write(tmp_path / "z.wav", np.zeros((100, 2)), 8000)
    with pytest.raises(FileExistsError):
        convert(tmp_path / "z.wav", made, Format.FLAC)
    assert made.read_text() == "mine"


@pytest.mark.parametrize(("coding", "name"), [(Coding.PCM, "PCM_16"), (Coding.MULAW, "ULAW"), (Coding.ALAW, "ALAW")])
def test_a_wav_file_is_right_after_every_write(tmp_path: Path, coding: Coding, name: str) -> None:
    path = tmp_path / "a.wav"
    wav = WavWriter(path, coding, 8000)
    assert soundfile.info(path).frames == 0
    for nth in range(1, 4):
        wav.write(bytes(2 * coding.width * 1000))
        found = soundfile.info(path)
        assert (found.frames, found.channels, found.samplerate, found.subtype) == (1000 * nth, 2, 8000, name)
        assert wav.seconds == nth / 8
    path.unlink()
    with pytest.raises(FileGone):
        wav.write(b"\0\0\0\0")
    wav.close()


def test_a_file_that_is_full_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.recording.wav.LARGEST", 10)
    wav = WavWriter(tmp_path / "a.wav", Coding.PCM, 8000)
    with pytest.raises(OSError, match="no more") as full:
        wav.write(bytes(12))
    assert of_error(full.value).reason == "too_large"
    wav.close()
    assert of_error(OSError("odd")).reason == "write_failed"
    assert of_error(PermissionError(13, "no")).reason == "folder_refused"
    assert all(ADVICE.values())


@pytest.mark.feature("REC-08")
@pytest.mark.parametrize("decibels", [-20.0, 6.0, 20.0, 40.0])
def test_gain_makes_louder_and_never_clips(decibels: float) -> None:
    ramp = np.arange(-32768, 32768).astype(np.int16)
    loud = gain.amplified(ramp, decibels).astype(int)
    assert (np.diff(loud) >= 0).all()
    factor = 10 ** (decibels / 20)
    soft = np.abs(ramp.astype(int)) * factor < 0.7 * 32768
    assert np.abs(loud[soft] - ramp[soft] * factor).max() <= 2
    assert loud.max() <= 32767
    if decibels > 0:
        assert np.diff(loud)[~soft[1:]].max() <= factor + 1  # no corner: it is rounded off from the knee on
        sine = np.round(np.sin(2 * np.pi * 300 * np.arange(8000) / 8000) * 20000).astype(np.int16)
        limited = gain.amplified(sine, 6.0) / 32768
        cut = np.clip(sine / 32768 * 2, -1, 1)
        ninth = 9 * 300
        assert goertzel(limited, ninth, 8000) < goertzel(cut, ninth, 8000) / 2
    assert gain.amplified(ramp, 0.0) is ramp


@pytest.mark.feature("REC-04")
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_beeps_can_be_told_from_speech(rate: int) -> None:
    three = tones.beeps(rate, 3)
    assert len(three) == rate
    assert len(beeps(three / 32768, rate)) == 3
    loudest = np.full(len(three), 32767, np.int16)
    assert tones.mixed(loudest, three).max() == 32767


@pytest.mark.feature("REC-09")
def test_sidecars_and_waveforms(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    sidecar.write(path, told())
    assert sidecar.read(path) == told()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for text in ("", "[]", "{}", '{"id": 3}', "\udcff"):
        path.write_text(text, errors="surrogatepass")
        assert sidecar.read(path) is None
    path.write_bytes(b" " * (sidecar.LARGEST + 1))
    assert sidecar.read(path) is None
    assert sidecar.read(tmp_path / "none.json") is None
    audio = np.zeros((1000, 2))
    audio[500:, 1] = 0.5
    soundfile.write(tmp_path / "a.wav", audio, 8000)
    assert peaks(tmp_path / "a.wav", 4) == [[0, 0, 0, 0], [0, 0, 0.5, 0.5]]
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 2)), 8000)
    assert peaks(tmp_path / "empty.wav", 10) == [[], []]


def test_what_a_crash_leaves_behind(tmp_path: Path) -> None:
    broken = WavWriter(tmp_path / "broken.wav", Coding.MULAW, 8000)
    broken.write(b"\xff" * 16000)
    broken._file.seek(0, 2)
    broken._file.write(b"half a second that the header does not tell of")
    broken._file.close()
    sidecar.write(tmp_path / "broken.json", told(audio="broken.wav"))
    WavWriter(tmp_path / "empty.wav", Coding.PCM, 8000)._file.close()
    sidecar.write(tmp_path / "empty.json", told(audio="empty.wav"))
    live = WavWriter(tmp_path / "live.wav", Coding.PCM, 8000)
    sidecar.write(tmp_path / "live.json", told(audio="live.wav"))
    (tmp_path / "odd.wav").write_bytes(b"RIFF")
    sidecar.write(tmp_path / "odd.json", told(audio="odd.wav"))
    sidecar.write(tmp_path / "gone.json", told(audio="gone.wav"))
    sidecar.write(tmp_path / "bobs.json", told(audio="bobs.wav", user="bob"))
    away = told(stage=Stage.SAVED).model_dump(mode="json") | {"audio": "../away.wav"}
    (tmp_path / "away.json").write_text(json.dumps(away))
    for wrong in ({"direction": "up"}, {"format": "mp3"}, {"began": "2026-11-23T14:15:02"}):
        whole = told(stage=Stage.SAVED).model_dump(mode="json") | wrong
        (tmp_path / f"{next(iter(wrong))}.json").write_text(json.dumps(whole))
    (tmp_path / "not.json").write_text("{}")
    ((path, mended),) = left_behind.found(tmp_path, "alice")
    assert path.name == "broken.json"
    assert (mended.stage, mended.duration) == (Stage.CONVERTING, 1.0)
    assert soundfile.info(tmp_path / "broken.wav").frames == 8000
    assert not (tmp_path / "empty.wav").exists()
    assert not (tmp_path / "empty.json").exists()
    live.close()


@pytest.mark.feature("REC-09")
async def test_a_format_that_cannot_be_made_leaves_what_was_written(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((11025, 2)), 11025)  # a rate that Opus does not have
    path = tmp_path / "a.json"
    with pytest.raises(KeptAsItIs, match="11025 Hz") as kept:
        await Finisher().finish(path, told(format="opus", stage=Stage.CONVERTING))
    assert kept.value.told == sidecar.read(path)
    assert (kept.value.told.format, kept.value.told.audio, kept.value.told.stage) == ("wav", "a.wav", Stage.SAVED)
    assert kept.value.told.sha256 == digest(tmp_path / "a.wav")[1]
    assert sorted(each.name for each in all_in(tmp_path)) == ["a.json", "a.wav"]


async def test_a_conversion_that_hangs_is_given_up(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 2)), 8000)
    with pytest.raises(KeptAsItIs, match="not converted within"):
        await Finisher(within=0.001).finish(tmp_path / "a.json", told(format="flac", stage=Stage.CONVERTING))
    assert (tmp_path / "a.wav").exists()


async def test_one_that_was_converted_before_the_hub_ended_is_taken_as_it_is(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros((8000, 2)), 8000)
    done = await Finisher().finish(tmp_path / "a.json", told(format="flac", stage=Stage.CONVERTING))
    assert (done.audio, done.stage) == ("a.flac", Stage.SAVED)
    with pytest.raises(FileNotFoundError):
        await asyncio.wait_for(Finisher().finish(tmp_path / "b.json", told(format="flac")), 10)


def all_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def test_a_sidecar_is_plain_json(tmp_path: Path) -> None:
    sidecar.write(tmp_path / "a.json", told())
    assert json.loads((tmp_path / "a.json").read_text())["stage"] == "recording"
