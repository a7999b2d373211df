"""Two desks with a shared key and outside lines: a phone system and two hubs, worked by the command line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_cli import SCENARIO, Desk, desk, hub, line, process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Desk]]:
    folder = tmp_path_factory.mktemp("keys")
    with process("sim", "--scenario", SCENARIO, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with (
            hub(folder, "alice", server) as alices,
            hub(folder, "bob", server) as bobs,
            desk(alices) as alice,
            desk(bobs) as bob,
        ):
            yield alice, bob


@pytest.mark.feature("LINE-01")
@pytest.mark.feature("CALL-05")
@pytest.mark.feature("QUEUE-06")
def test_a_call_on_the_chosen_shared_key_is_resumed_by_a_colleague(desks: tuple[Desk, Desk]) -> None:
    alice, bob = desks
    keys = alice.ask("appearance", "Sales")
    assert [key["name"] for key in keys] == ["1", "2", "3", "Sales"]
    alice.until(lambda event: event["type"] == "appearances" and event["now"]["appearances"][-1]["chosen"])
    alice.run("dial", "+1 585 555 9999")
    answered = alice.event("answer")
    assert answered["call"]["appearance"] == "Sales"
    seen = bob.until(lambda event: event["type"] == "appearances")["now"]["appearances"][-1]
    assert (seen["state"], seen["by"]) == ("in_use", "Alice Agent")
    (call,) = alice.ask("system-calls", "--sort", "duration", "--descending")
    assert call["destination"]["number"]["e164"] == "+15855559999"
    (call,) = bob.ask("system-calls")
    assert (call["destination"]["name"], call["destination"]["number"]["text"]) == ("Private", "")
    assert call["duration"] > 0
    alice.run("hold")
    assert alice.event("hold")["call"]["held"] == "shared"
    bob.until(lambda event: event["type"] == "appearances" and event["now"]["appearances"][-1]["state"] == "held")
    bob.run("appearance", "Sales", "--resume")
    taken = bob.event("answer")
    assert taken["call"]["conversation"] == answered["call"]["conversation"]
    assert alice.event("end")["call"]["outcome"] == "elsewhere"
    bob.run("end")
    assert bob.event("end")["call"]["outcome"] == "ended"
    alice.run("appearance", "")


@pytest.mark.feature("LINE-02")
@pytest.mark.feature("CALL-20")
def test_a_line_is_seized_and_dialled_over(desks: tuple[Desk, Desk]) -> None:
    alice, bob = desks
    told = {one["name"]: one["state"] for one in alice.ask("lines", "seize", "Line 1")}
    assert told.keys() == {"Line 1", "Line 2"}
    assert alice.event("dial")["call"]["line"] == "Line 1"
    bob.until(lambda event: event["type"] == "lines" and event["now"]["lines"][0]["state"] == "in_use")
    assert "Line 1 is in use" in bob.run("lines", "seize", "Line 1", code=1)
    assert "(nobody yet)" in alice.run("calls")
    alice.run("digits", "5855559999#")
    assert alice.event("answer")["call"]["party"]["number"]["text"] == "5855559999"
    alice.run("end")
    alice.event("end")
    alice.run("dial", "9#")
    begun = alice.event("dial")["call"]
    assert (begun["state"], begun["line"]) == ("initiated", "Line 2")
    alice.run("end")
    alice.event("end")


@pytest.mark.feature("LINE-03")
def test_the_phone_system_and_its_handsets_say_what_they_can(desks: tuple[Desk, Desk]) -> None:
    alice, _ = desks
    phone = alice.ask("phone")
    assert "Two desks" in phone["product"]
    (handset,) = phone["handsets"]
    assert (handset["id"], handset["model"]) == ("alice-desk", "D40")
    assert set(handset["capabilities"]) >= {"answer", "seize", "resume_shared"}
    assert "alice-desk" in alice.run("phone")


def test_messages_are_told_and_heard(desks: tuple[Desk, Desk]) -> None:
    alice, _ = desks
    assert alice.run("messages") == "0 new, 0 old messages\n"
    alice.run("messages", "--listen")
    assert alice.event("answer")["call"]["party"]["name"] == "Voicemail"
    alice.event("end")


@pytest.mark.feature("LINE-01")
@pytest.mark.feature("CALL-09")
def test_on_a_chosen_intercom_key_the_next_call_is_answered_by_itself(tmp_path: Path) -> None:
    scenario = tmp_path / "office.yaml"
    text = SCENARIO.read_text(encoding="utf-8")
    assert text.count("{name: 3}") == 2
    scenario.write_text(text.replace("{name: 3}", "{name: Door, kind: intercom}"), encoding="utf-8")
    with process("sim", "--scenario", scenario, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with (
            hub(tmp_path, "alice", server) as alices,
            hub(tmp_path, "bob", server) as bobs,
            desk(alices) as alice,
            desk(bobs) as bob,
        ):
            alice.run("appearance", "Door")
            alice.run("dial", "102")
            here, there = alice.event("answer")["call"], bob.event("answer")["call"]
            assert (here["appearance"], here["intercom"], there["intercom"]) == ("Door", True, True)
            alice.run("end")
            bob.event("end")
