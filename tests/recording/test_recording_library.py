"""Governance and library: recordings by the API, the command line and rules; what goes away, and who did that."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import soundfile
from hearing import beeps
from steps import api, run
from talking import talking

from hub.config.sections import RecordingSection
from hub.core.recording import Cue
from hub.errors import UserError
from hub.phone import commands
from hub.recording import sidecar
from hub.recording.keeping import TIDY_EVERY, Keeping
from hub.recording.library import Library
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from talking import Talk

    from hub.store.recordings import RecordingEntry
    from hub.store.store import Store


async def recorded(talk: Talk, number: str, name: str, packets: int = 10) -> str:
    """Record a short call, and hang up; return the recording's id."""
    times = sum(event.type == "recording_ready" for event in talk.events.all) + 1
    call = await talk.answered(number, name)
    await talk.hub.recorder.ask("alice", call, Cue.START)
    await talk.heard(packets, max(talk.line.legs))
    await talk.phone.end(call)
    ready = await talk.events.type("recording_ready", times)
    return str(ready.recording)


@pytest.mark.feature("REC-14")
async def test_the_library(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk, api(talk) as client:
        ada = await recorded(talk, "+15855550001", "Ada Lovelace")
        bob = await recorded(talk, "+15855550002", "Bob Babbage")
        listed = (await client.get("/recordings")).json()
        assert [each["id"] for each in listed] == [bob, ada]
        assert [each["id"] for each in (await client.get("/recordings", params={"search": "LOVE"})).json()] == [ada]
        assert [each["id"] for each in await run(talk, "recordings", "list", "--search", "0002", "--json")] == [bob]
        assert "Bob Babbage (+15855550002)" in await run(talk, "recordings", "list")
        path = talk.files()[0]
        content = path.read_bytes()

        shown = await run(talk, "recordings", "show", ada, "--json")
        assert (shown["id"], shown["far"]["name"], shown["audio"]) == (ada, "Ada Lovelace", path.name)
        assert shown["sha256"] == hashlib.sha256(content).hexdigest()
        assert str(tmp_path) not in str(shown)
        assert ada in await run(talk, "recordings", "show", ada)

        whole = await client.get(f"/recordings/{ada}/audio")
        assert whole.content == content
        assert whole.headers["content-type"].startswith("audio/")
        part = await client.get(f"/recordings/{ada}/audio", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, content[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
        copy = tmp_path / "copy.wav"
        assert str(copy) in await run(talk, "recordings", "save", ada, str(copy))
        assert copy.read_bytes() == content
        assert copy.stat().st_mode & 0o777 == 0o600
        with pytest.raises(AssertionError, match="it is there already"):
            await run(talk, "recordings", "save", ada, str(copy))

        drawn = (await client.get(f"/recordings/{ada}/waveform", params={"points": 50})).json()["channels"]
        audio, _ = soundfile.read(path)
        assert len(drawn) == 2
        assert all(45 <= len(each) <= 50 for each in drawn)  # stretches of whole samples
        assert max(drawn[0]) == pytest.approx(abs(audio[:, 0]).max(), abs=1e-3)

        past = (await client.get("/history")).json()
        assert [each["recordings"] for each in past] == [[bob], [ada]]
        assert ada in await run(talk, "history")


@pytest.mark.feature("REC-14")
async def test_playing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    player = programs / "ffplay"
    player.write_text(f'#!/bin/sh\nfor last; do :; done\ncp "$last" "{tmp_path}/played"\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    async with talking(tmp_path) as talk:
        ada = await recorded(talk, "+15855550001", "Ada")
        await run(talk, "recordings", "play", ada)
        assert (tmp_path / "played").read_bytes() == talk.files()[0].read_bytes()


@pytest.mark.feature("REC-13")
@pytest.mark.feature("REC-14")
async def test_deleting_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with talking(tmp_path) as talk, api(talk) as client:
        ada = await recorded(talk, "+15855550001", "Ada")
        bob = await recorded(talk, "+15855550002", "Bob")
        answer = await client.delete(f"/recordings/{ada}", headers={"Content-Type": "application/json"})
        assert answer.status_code == 204
        assert [each["id"] for each in (await client.get("/recordings")).json()] == [bob]
        assert (await client.get(f"/recordings/{ada}/audio")).status_code == 404
        assert [len(each["recordings"]) for each in (await client.get("/history")).json()] == [1, 0]
        assert len(talk.files()) == len(talk.files(".json")) == 1
        assert await run(talk, "recordings", "delete", bob, "--yes") == "deleted\n"
        assert not talk.files()
        gone = await talk.hub.recordings.entries("alice", deleted=True)
        assert [(each.id, each.deleted_by, bool(each.deleted)) for each in gone] == [
            (bob, "alice", True),
            (ada, "alice", True),
        ]
    assert f"recording {ada} of alice" in caplog.text


@pytest.mark.feature("REC-14")
async def test_what_is_not_there(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk, api(talk) as client:
        for path in ("", "/audio", "/waveform"):
            answer = await client.get(f"/recordings/0123456789ab{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_recording")
        ada = await recorded(talk, "+15855550001", "Ada")
        talk.files()[0].write_bytes(b"no audio at all")
        drawn = await client.get(f"/recordings/{ada}/waveform")
        assert (drawn.status_code, drawn.json()["code"]) == (404, "unknown_recording")
        assert "cannot be read" in drawn.json()["message"]
        talk.files()[0].unlink()
        assert (await client.get(f"/recordings/{ada}/audio")).status_code == 404
        talk.files(".json")[0].unlink()
        assert (await client.get(f"/recordings/{ada}")).status_code == 404
        assert (await client.get("/calls/nothing/recording")).status_code == 404


@pytest.mark.feature("REC-14")
async def test_a_library_that_was_lost_is_made_again_from_the_files(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        ada = await recorded(talk, "+15855550001", "Ada")
        database = talk.hub.config.hub.state / "hub.db"
    for path in database.parent.glob("hub.db*"):
        path.unlink()
    async with talking(tmp_path) as talk, api(talk) as client:
        await talk.hub.settled()
        (found,) = (await client.get("/recordings")).json()
        assert (found["id"], found["name"]) == (ada, "Ada")
        assert (await client.get(f"/recordings/{ada}/audio")).status_code == 200


@pytest.mark.feature("REC-13")
async def test_retention_by_age_and_by_size(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        names = [await recorded(talk, f"+1585555000{nth}", f"No {nth}", 5) for nth in range(3)]
        keeping, library = talk.hub.recorder.keeping, talk.hub.recordings
        sizes = [entry.size for entry in await library.entries("alice")]
        await keeping.tidy("alice", RecordingSection(keep_gb=(sizes[0] + sizes[1]) / 1e9))
        assert [entry.id for entry in await library.entries("alice")] == names[:0:-1]
        await keeping.tidy("alice", RecordingSection(keep_days=1))
        assert len(await library.entries("alice")) == 2
        old = (await library.entries("alice"))[1]
        await library.add(type(old)(**{
            name: getattr(old, name) for name in old.__dataclass_fields__
        } | {"began": old.began - timedelta(days=2)}))  # fmt: skip
        await keeping.tidy("alice", RecordingSection(keep_days=1))
        assert [entry.id for entry in await library.entries("alice")] == names[2:]
        assert {entry.deleted_by for entry in await library.entries("alice", deleted=True)} == {"", "retention"}
        assert len(talk.files()) == 1


@pytest.mark.feature("REC-13")
async def test_what_cannot_be_deleted_keeps_no_other_from_going(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path) as talk, api(talk) as client:
        names = [await recorded(talk, f"+1585555000{nth}", f"No {nth}", 5) for nth in range(3)]
        keeping, library = talk.hub.recorder.keeping, talk.hub.recordings
        stuck = await library.audio("alice", names[1])
        stuck.unlink()
        stuck.mkdir()
        told = await client.request("DELETE", f"/recordings/{names[1]}", json={})
        assert (told.status_code, told.json()["code"]) == (409, "not_deleted")
        listed = await library.outdated("alice", None, 1)

        async def and_one_goes_meanwhile(*_: object) -> Sequence[RecordingEntry]:
            await library.delete("alice", names[2], by="alice")
            return listed

        monkeypatch.setattr(library, "outdated", and_one_goes_meanwhile)
        await keeping.tidy("alice", RecordingSection(keep_gb=1e-9))
        assert [entry.id for entry in await library.entries("alice")] == [names[1]]
        assert f"recording {names[1]} of alice could not be deleted" in caplog.text


@pytest.mark.feature("REC-13")
async def test_a_tone_now_and_then_and_an_announcement(tmp_path: Path) -> None:
    async with talking(tmp_path, "tone = 0.5\nannounce = true\nrecord_all = true") as talk:
        talk.line.capabilities |= {"announce"}
        talk.line.told.put_nowait(None)
        await talk.events.state("connected", 2)
        call = await talk.answered()
        await talk.recording("recording")
        await talk.heard(100)
        await talk.phone.end(call)
        await talk.events.type("recording_ready")
        assert commands.Announce("leg1") in talk.line.asked
        (path,) = talk.files()
    audio, rate = soundfile.read(path)
    assert [begin for begin, _ in beeps(audio[:, 1], rate)][:3] == pytest.approx([0.5, 1.0, 1.5], abs=0.02)


@pytest.mark.feature("REC-13")
@pytest.mark.feature("RULE-03")
@pytest.mark.feature("RULE-05")
async def test_rules_record_and_pause(tmp_path: Path) -> None:
    rules = """\
name: Record who calls from support's number
on: answer
do:
  - record: start
---
name: Nothing that is heard on hold
on: hold
do:
  - record: pause
---
name: Keep its id
on: recording_ready
do:
  - note: ready %CALLNAME%
---
name: Tell of failures
on: {recording: failed}
do:
  - note: failed
"""
    async with talking(tmp_path, rules=rules) as talk, api(talk) as client:
        call = await talk.answered()
        await talk.recording("recording")
        await talk.heard(10)
        await talk.phone.hold(call)
        await talk.recording("paused")
        await talk.phone.resume(call)
        await talk.events.type("resume")
        await talk.hub.settled()
        assert talk.hub.recorder.view("alice", call).state == "paused"
        await talk.phone.end(call)
        await talk.events.type("recording_ready")
        await talk.hub.settled()
        (past,) = (await client.get("/history")).json()
        assert [note["text"] for note in past["notes"]] == ["ready Ada Caller"]
        done = [(each["action"], each["status"], each["detail"]) for each in (await client.get("/actions")).json()]
        assert sorted(done) == [
            ("note", "ok", "ready Ada Caller"),
            ("record", "ok", "pause"),
            ("record", "ok", "start"),
        ]


@pytest.mark.feature("REC-13")
async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    async with talking(tmp_path, 'format = "flac"', to=None) as talk:
        await recorded(talk, "+15855550001", "Ada")
        own = talk.folder
        assert {stat.S_IMODE(path.stat().st_mode) for path in list_of(own)} == {0o600}
        assert stat.S_IMODE(mode_of(own)) == 0o700


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def mode_of(path: Path) -> int:
    return path.stat().st_mode


@pytest.mark.feature("REC-14")
async def test_saving_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        ada = await recorded(talk, "+15855550001", "Ada")
        talk.files()[0].unlink()
        copy = tmp_path / "copy.wav"
        with pytest.raises(AssertionError, match="not there any more"):
            await run(talk, "recordings", "save", ada, str(copy))
        assert not copy.exists()


class Forgetful(Library):
    """A library whose store fails a few times."""

    def __init__(self, store: Store, fails: int) -> None:
        super().__init__(store)
        self.fails = fails

    async def add(self, entry: RecordingEntry) -> None:
        self.fails -= 1
        if self.fails >= 0:
            raise UserError.of("the database is locked")
        await super().add(entry)


async def test_a_store_that_fails_holds_up_no_other_recording_and_is_tried_again(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        ids = {await recorded(talk, f"+1585555000{nth}", "Ada") for nth in range(3)}
        store, clock = talk.hub.store, VirtualClock()
        for each in ids:
            await store.recording_deleted("alice", each, "nobody")
        told = [sidecar.read(path) for path in talk.files(".json")]
        for path, one in zip(talk.files(".json"), told, strict=True):
            assert one is not None
            sidecar.write(path, one.model_copy(update={"id": one.id[::-1]}))
        keeping = Keeping(Forgetful(store, 2), clock)
        keeping.start({"alice": talk.folder}, {}, lambda *_: None)
        await keeping.settled()
        assert len(await store.recordings("alice")) == 1
        await clock.advance(TIDY_EVERY)
        await keeping.settled()
        assert {entry.id[::-1] for entry in await store.recordings("alice")} == ids
        await keeping.stop()
