"""Recordings in the simulated office: its users' own hubs, real packets with all that networks do to them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from hearing import goertzel
from steps import api, run

from hub.core.recording import Cue
from hub.phone.adapter import PhoneError
from hub.sim import scenario
from hub.sim.audio.impairments import Impairments
from hub.sim.audio.voices import Tone
from hub.sim.exchange.office import Who
from hub.sim.samples import TWO_DESKS, sample_scenario
from hub.testing.harness import Desk, running_desk

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import httpx

    from hub.sim.exchange.office import Office

CALLER = ("+15855551234", "Ada Caller")
PITCHES = {"alice": 430.0, "bob": 670.0, "caller": 1030.0}


def office(**more: Any) -> Office:
    """Return the office of two desks, in which everybody hums at a pitch of their own."""
    plain = scenario.load(sample_scenario(TWO_DESKS)).office
    voices = {plain.users[name].who: Tone(PITCHES[name]) for name in ("alice", "bob")}
    return replace(plain, voices=voices | {Who(*CALLER): Tone(PITCHES["caller"])}, **more)


def desk(folder: Path, config: str = "", **more: Any) -> AbstractAsyncContextManager[Desk]:
    (folder / "recordings").mkdir()
    text = f'[recording]\nfolder = "recordings"\n{config}'
    return running_desk(folder, config=text, office=office(**more), users=("alice", "bob"))


def heard(audio: np.ndarray, rate: int) -> set[str]:
    """Return who is heard most of the time; a lost packet or a moved sample must not make a hum cancel itself."""
    step = rate // 10
    parts = [audio[begin : begin + step] for begin in range(0, len(audio) - step + 1, step)]
    return {
        name for name, pitch in PITCHES.items() if np.median([goertzel(part, pitch, rate) for part in parts]) > 0.05
    }


def told(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return found


def recordings(folder: Path) -> dict[str, Path]:
    return {told(path)["user"]: path for path in (folder / "recordings").glob("*.wav")}


@pytest.mark.feature("REC-01")
@pytest.mark.feature("REC-05")
async def test_both_ends_of_a_call_record_it(tmp_path: Path) -> None:
    async with desk(tmp_path, "record_all = true") as here:
        alice, bob = here.hub.phones["alice"], here.hub.phones["bob"]
        await alice.dial("102")
        await here.events.type("ring")
        await bob.answer()
        await here.events.type("recording", 2)
        await here.hub.clock.sleep(2.0)
        await bob.hold()
        await here.events.until(lambda events: [each for each in events if getattr(each, "state", "") == "paused"])
        await here.hub.clock.sleep(1.0)
        await bob.resume()
        await here.events.until(
            lambda events: sum(getattr(each, "state", "") == "recording" for each in events) >= 3 or None
        )
        await here.hub.clock.sleep(1.0)
        await alice.end()
        await here.events.type("recording_ready", 2)
        files = recordings(tmp_path)
        (call,) = await here.hub.store.calls("bob")
    lasted = {}
    for user, other in (("alice", "bob"), ("bob", "alice")):
        audio, rate = soundfile.read(files[user])
        lasted[user] = len(audio) / rate
        middle = audio[rate // 2 : 3 * rate // 2]
        assert heard(middle[:, 0], rate) == {user}
        assert heard(middle[:, 1], rate) == {other}
        assert told(files[user])["conversation"] == call.conversation
        assert told(files[user])["missing"] < 0.5
    assert call.duration is not None
    assert call.recordings == (told(files["bob"])["id"],)
    (gap,) = told(files["bob"])["gaps"]
    assert gap["why"] == "held_privately"
    assert lasted["bob"] == pytest.approx(call.duration - 1.0, abs=0.6)
    assert lasted["alice"] == pytest.approx(call.duration, abs=0.6)


@pytest.mark.feature("REC-05")
async def test_the_phone_system_has_every_call_recorded(tmp_path: Path) -> None:
    plain = office().users
    every = (replace(each, capabilities=each.capabilities | {"record_all"}) for each in plain["alice"].handsets)
    recorded = replace(plain["alice"], handsets=tuple(every))
    async with desk(tmp_path, users={**plain, "alice": recorded}) as here, api(here) as client:
        caller = here.office.call(*CALLER)
        await here.events.type("ring")
        await here.hub.phones["alice"].answer()
        assert (await here.events.type("recording")).reason == "answered"
        refused = await client.post("/calls/-/recording/stop", json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert (await client.post("/calls/-/recording/pause", json={})).json()[0]["state"] == "paused"
        assert (await client.post("/calls/-/recording/resume", json={})).json()[0]["state"] == "recording"
        here.office.hang_up(caller)
        await here.events.type("recording_ready")


async def recorded_talk(here: Desk, client: httpx.AsyncClient) -> str:
    """Let Ada call and Alice answer, who records it for more than a second; return Ada's leg."""
    caller = here.office.call(*CALLER)
    await here.events.type("ring")
    assert (await client.post("/calls/-/answer", json={})).json()["state"] == "connected"
    assert (await client.post("/calls/-/recording/start", json={})).json()[0]["state"] == "recording"
    await here.hub.clock.sleep(1.2)
    return caller


async def saved(here: Desk, folder: Path, reason: str) -> tuple[dict[str, Any], set[str]]:
    """Check that the recording was ended for this reason and stands beside the call; return what its file holds."""
    ready: Any = await here.events.type("recording_ready")
    ends = [one for one in here.events.all if one.type == "recording" and one.state == "off"]  # type: ignore[attr-defined]  of a recording
    assert [one.reason for one in ends] == [reason]  # type: ignore[attr-defined]  as above
    await here.hub.store.flush()
    entry = await here.hub.store.entry("alice", ready.call.id)
    assert entry is not None
    assert entry.recordings == (ready.recording,)
    path = recordings(folder)["alice"]
    audio, rate = soundfile.read(path)
    assert 0.8 < len(audio) / rate < 4
    return told(path), heard(audio[rate // 5 : rate, 1], rate)


@pytest.mark.feature("REC-02")
async def test_a_held_party_hangs_up_and_the_recording_ends(tmp_path: Path) -> None:
    async with desk(tmp_path) as here, api(here) as client:
        caller = await recorded_talk(here, client)
        assert (await client.post("/calls/-/hold", json={})).json()["state"] == "hold"
        await here.events.until(lambda events: [one for one in events if getattr(one, "state", "") == "paused"])
        here.office.hang_up(caller)
        file, far = await saved(here, tmp_path, "ended")
        (gap,) = file["gaps"]
        assert (gap["why"], far) == ("held_privately", {"caller"})
        assert (await client.get("/calls")).json() == []


@pytest.mark.feature("REC-03")
@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/calls/-/transfer", {"number": "102"}, "transferred"),
        ("/calls/-/voicemail", {"user": "bob"}, "transferred"),
        ("/calls/-/park", {"orbit": "701"}, "parked"),
    ],
)
async def test_a_call_is_sent_on_or_parked_and_its_recording_saved(
    tmp_path: Path, path: str, body: dict[str, str], reason: str
) -> None:
    async with desk(tmp_path, orbits=("701",)) as here, api(here) as client:
        caller = await recorded_talk(here, client)
        assert (await client.post(path, json=body)).status_code == 200
        _, far = await saved(here, tmp_path, reason)
        assert far == {"caller"}
        here.office.hang_up(caller)


@pytest.mark.feature("REC-03", "CALL-11")
async def test_both_recordings_of_an_attended_transfer_are_saved(tmp_path: Path) -> None:
    async with desk(tmp_path, "record_all = true") as here, api(here) as client:
        here.office.call(*CALLER)
        await here.events.type("ring")
        await client.post("/calls/-/answer", json={})
        consulted = (await client.post("/calls/-/consult", json={"number": "102"})).json()["call"]["id"]
        here.office.pick_up("bob-desk")
        await here.events.until(lambda events: any(one.type == "answer" and one.call.id == consulted for one in events))  # type: ignore[attr-defined]  of a call
        await here.hub.clock.sleep(1.0)
        held = (await client.post("/calls/-/complete", json={})).json()
        assert held["outcome"] == "transferred"
        await here.events.type("recording_ready", 2)
        ready = {one.call.id: one for one in here.events.all if one.type == "recording_ready" and one.user == "alice"}  # type: ignore[attr-defined]  of a call
        assert set(ready) == {held["id"], consulted}


@pytest.mark.feature("REC-11")
async def test_a_bad_network(tmp_path: Path) -> None:
    network = Impairments(loss=0.05, duplication=0.05, reorder=0.05, jitter=0.05, drift_ppm=200, ssrc_changes=(2.0,))
    async with desk(tmp_path, network=network) as here, api(here) as client:
        caller = here.office.call(*CALLER)
        await here.events.type("ring")
        call = await here.hub.phones["alice"].answer()
        await here.events.type("answer")
        answer = await client.post(f"/calls/{call.id}/recording/start", json={})
        assert answer.json()[0]["state"] == "recording"
        await here.hub.clock.sleep(4.0)
        here.office.hang_up(caller)
        ready = await here.events.type("recording_ready")
        (path,) = recordings(tmp_path).values()
        shown = await run(here, "--user", "alice", "recordings", "show", ready.recording, "--json")
    audio, rate = soundfile.read(path)
    assert 3.5 < len(audio) / rate < 6
    assert heard(audio[3 * rate // 2 : 7 * rate // 2, 0], rate) == {"alice"}
    assert heard(audio[3 * rate // 2 : 7 * rate // 2, 1], rate) == {"caller"}
    for side in ("left", "right"):
        counts = shown[side]
        assert counts["lost"] > 0, counts
        assert counts["duplicates"] > 0, counts
        assert counts["reordered"] > 0, counts
        assert 0 < counts["jitter"] < 0.1, counts


@pytest.mark.feature("REC-10")
@pytest.mark.parametrize(
    ("handset", "channels", "code"),
    [
        ({}, 0, "no_channel"),
        ({"codecs": ("GSM",)}, 10, "unsupported_codec"),
        ({"capabilities": frozenset({"answer", "end"})}, 10, "missing_capability"),
    ],
)
async def test_what_the_phone_system_has_not_got(
    tmp_path: Path, handset: dict[str, Any], channels: int, code: str
) -> None:
    plain = office().users
    old = replace(plain["alice"], handsets=tuple(replace(each, **handset) for each in plain["alice"].handsets))
    async with desk(tmp_path, audio_channels=channels, users={**plain, "alice": old}) as here:
        here.office.call(*CALLER)
        await here.events.type("ring")
        await here.hub.phones["alice"].answer()
        await here.events.type("answer")
        with pytest.raises(PhoneError) as refused:
            await here.hub.recorder.ask("alice", "", Cue.START)
        assert refused.value.code == code
        failed = await here.events.type("recording")
        assert (failed.state, failed.reason) == ("failed", code)
        assert here.hub.phones["alice"].calls[0].state == "connected"


@pytest.mark.feature("REC-01")
@pytest.mark.parametrize("held", [False, True])
async def test_a_recording_goes_on_when_the_connection_does(tmp_path: Path, *, held: bool) -> None:
    async with desk(tmp_path) as here:
        here.office.call(*CALLER)
        await here.events.type("ring")
        phone = here.hub.phones["alice"]
        await phone.answer()
        await here.events.type("answer")
        await here.hub.recorder.ask("alice", "", Cue.START)
        await here.hub.clock.sleep(1.2)
        if held:
            await phone.hold()
            await here.events.type("recording", 2)
        here.office.server.drop_connections("alice")
        await here.events.state("connected", 3)
        if held:
            await phone.resume()
        again = await here.events.until(_asked_again)
        assert again.state == ("paused" if held else "recording")
        await here.hub.clock.sleep(1.5)
        await here.hub.recorder.ask("alice", "", Cue.STOP)
        await here.events.type("recording_ready")
        assert list(here.office.server.exchange.audio.attached()) == []
    audio, rate = soundfile.read(recordings(tmp_path)["alice"])
    assert heard(audio[-rate:, 0], rate) == {"alice"}
    assert heard(audio[-rate:, 1], rate) == {"caller"}


def _asked_again(events: list[Any]) -> Any:
    return next((event for event in events if getattr(event, "reason", "") == "connected_again"), None)


@pytest.mark.feature("ACC-01")
async def test_nobody_sends_audio_to_who_has_signed_out(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.office.call(*CALLER)
        await here.events.type("ring")
        await here.hub.phones["alice"].answer()
        await here.events.type("answer")
        await here.hub.recorder.ask("alice", "", Cue.START)
        await here.hub.phones["alice"].connection.sign_out("test")
        await here.events.type("recording_ready")
        server = here.office.server
        while any(client.user == "alice" for client in server.clients):
            await here.hub.clock.sleep(0)
        assert list(server.exchange.audio.attached()) == []
        assert server.exchange.legs("alice")
