"""The big story, recorded by each of three hubs: every file holds what its user heard, to the second."""

from __future__ import annotations

import json
import time
import wave
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hearing import goertzel
from test_cli import Desk, hub, is_connected, line, process
from test_story import SCENARIO, calls

if TYPE_CHECKING:
    from pathlib import Path

VOICES = {"alice": 430.0, "bob": 670.0, "carol": 1030.0}
"""Hertz."""
TALK = 2.0
"""Seconds that people talk before they go on."""
RATE = 8000


class Witness(Desk):
    """A desk that remembers all that was told there."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: list[dict[str, Any]] = []

    def until(self, holds: Any) -> dict[str, Any]:
        def remembered(event: dict[str, Any]) -> object:
            self.told.append(event)
            return holds(event)

        return super().until(remembered)

    def talked(self, call: str) -> float:
        """Return for how many seconds a call was connected, holds left out."""
        total, since = 0.0, None
        for event in self.told:
            told = event.get("call")
            if not isinstance(told, dict) or told["id"] != call:
                continue
            at = datetime.fromisoformat(event["at"])
            if event["type"] in {"answer", "resume"}:
                since = at
            elif event["type"] in {"hold", "end"} and since is not None:
                total, since = total + (at - since).total_seconds(), None
        return total


def speak(path: Path, hertz: float) -> None:
    """Write a minute of a voice."""
    time_of = np.arange(60 * RATE) / RATE
    samples = (8000 * np.sin(2 * np.pi * hertz * time_of)).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def heard(samples: np.ndarray) -> set[str]:
    """Return whose voices are to be heard for more than half a second."""
    step = RATE // 4
    often = dict.fromkeys(VOICES, 0)
    for begin in range(0, len(samples) - step + 1, step):
        for who, hertz in VOICES.items():
            often[who] += goertzel(samples[begin : begin + step], hertz, RATE) > 0.1
    return {who for who, times in often.items() if times > 2}


@pytest.mark.timeout(240)
@pytest.mark.feature("REC-01", "REC-02", "REC-03", "REC-05", "REC-06", "CALL-19")
def test_the_recordings_of_a_story_are_right_to_the_second(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    scenario = tmp_path / "three.yaml"
    text = SCENARIO
    for who, hertz in VOICES.items():
        speak(tmp_path / f"{who}.wav", hertz)
        text = text.replace(f"password: {who}-sim", f"password: {who}-sim\n    voice: {who}.wav")
    scenario.write_text(text)
    record = "[recording]\nrecord_all = true\n"
    with process("sim", "--scenario", scenario, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with (
            hub(tmp_path, "alice", server, record) as first,
            hub(tmp_path, "bob", server, record) as second,
            hub(tmp_path, "carol", server, record) as third,
            process("--config", first, "calls", "--watch", "--json") as alices,
            process("--config", second, "calls", "--watch", "--json") as bobs,
            process("--config", third, "calls", "--watch", "--json") as carols,
        ):
            alice, bob, carol = Witness(first, alices), Witness(second, bobs), Witness(third, carols)
            people = {"alice": alice, "bob": bob, "carol": carol}
            for person in people.values():
                person.until(is_connected)
            tell(alice, bob, carol)
            expected = {"alice": 1, "bob": 4, "carol": 2}
            for who, person in people.items():
                while sum(event["type"] == "recording_ready" for event in person.told) < expected[who]:
                    person.event("recording_ready")
                found = {each["call"]: each for each in person.ask("recordings", "list")}
                assert len(found) == expected[who]
                for call, told in found.items():
                    file = tmp_path / f"{who}-{told['id']}.wav"
                    person.run("recordings", "save", told["id"], str(file))
                    samples, rate = soundfile.read(file)
                    assert rate == RATE
                    assert len(samples) / rate == pytest.approx(person.talked(call), abs=1.0), (who, told)
                    assert heard(samples[:, 0]) == {who}
                    far = heard(samples[:, 1])
                    assert far == partners(who, told, person), (who, json.dumps(told))


def tell(alice: Witness, bob: Witness, carol: Witness) -> None:
    """A calls B, B holds, consults C, transfers; C parks, B retrieves; all three confer; B leaves; A ends."""
    calls(alice, bob, "102")
    time.sleep(TALK)
    bob.run("hold")
    bob.event("hold")
    consult(bob, carol)
    bob.run("complete")
    bob.event("end")
    bob.event("end")
    time.sleep(TALK)
    carol.run("park", "--orbit", "702")
    carol.event("end")
    time.sleep(TALK)
    bob.run("retrieve", "702")
    bob.event("answer")
    time.sleep(TALK)
    consult(bob, carol)
    bob.run("conference")
    bob.event("resume")
    time.sleep(TALK)
    bob.run("leave")
    bob.event("end")
    bob.event("end")
    time.sleep(TALK)
    alice.run("end")
    alice.event("end")
    carol.event("end")


def consult(bob: Witness, carol: Witness) -> None:
    bob.run("consult", "103")
    carol.event("ring")
    carol.run("answer")
    bob.until(lambda event: event["type"] == "answer" and event["call"]["consults"])
    time.sleep(TALK)


def partners(who: str, told: dict[str, Any], person: Witness) -> set[str]:
    """Return whom a user talked with in a call."""
    if who != "bob":
        return set(VOICES) - {who}
    ends = [event["call"] for event in person.told if event["type"] == "end" and event["call"]["id"] == told["call"]]
    return {ends[0]["party"]["name"].split()[0].lower()}
