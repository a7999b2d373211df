"""The big story: three people, three hubs and a phone system, each a process of its own, worked by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_cli import desk, hub, line, process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from test_cli import Desk

SCENARIO = """\
office:
  name: Three desks
  lines: [Line 1, Line 2]
  orbits: ["701", "702"]
  intercom_tone: 0.2
groups:
  all: {name: All, extension: "600", members: [alice, bob, carol]}
users:
  alice:
    name: Alice Agent
    extension: "101"
    password: alice-sim
    handsets: {alice-desk: {}, alice-mobile: {}}
  bob:
    name: Bob Builder
    extension: "102"
    password: bob-sim
    handsets: {bob-desk: {}}
  carol:
    name: Carol Clerk
    extension: "103"
    password: carol-sim
    handsets: {carol-desk: {}}
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("story")
    scenario = folder / "three.yaml"
    scenario.write_text(SCENARIO)
    with process("sim", "--scenario", scenario, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with (
            hub(folder, "alice", server) as alice,
            hub(folder, "bob", server) as bob,
            hub(folder, "carol", server) as carol,
        ):
            yield {"alice": alice, "bob": bob, "carol": carol}


@pytest.fixture
def people(folders: dict[str, Path]) -> Iterator[tuple[Desk, Desk, Desk]]:
    with desk(folders["alice"]) as alice, desk(folders["bob"]) as bob, desk(folders["carol"]) as carol:
        yield alice, bob, carol
        assert [person.ask("calls") for person in (alice, bob, carol)] == [[], [], []]


def calls(caller: Desk, called: Desk, extension: str) -> str:
    """Let one call another, who answers; return the conversation."""
    caller.run("dial", extension)
    called.event("ring")
    called.run("answer")
    conversation: str = caller.event("answer")["call"]["conversation"]
    return conversation


def last(person: Desk, count: int = 1) -> list[tuple[str, str, str]]:
    entries = person.ask("history", "--limit", str(count))
    return [(entry["outcome"], entry["conversation"], entry["orbit"]) for entry in entries]


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-11")
@pytest.mark.feature("CALL-13")
@pytest.mark.feature("CALL-14")
@pytest.mark.feature("QUEUE-05")
@pytest.mark.feature("CALL-19")
def test_a_call_goes_round_the_office(people: tuple[Desk, Desk, Desk]) -> None:  # noqa: PLR0915  a long story
    alice, bob, carol = people
    talk = calls(alice, bob, "102")

    bob.run("hold")
    bob.event("hold")
    assert "calling 103" in bob.run("consult", "103")
    carol.event("ring")
    carol.run("answer")
    assert bob.until(lambda event: event["type"] == "answer" and event["call"]["consults"])
    assert bob.run("complete") == "put through: Alice Agent (101)\n"
    transferred = bob.event("transfer")["call"]
    assert transferred["conversation"] == talk
    assert bob.event("end")["call"]["outcome"] == "transferred"
    bob.event("end")
    moved = carol.until(lambda event: event["type"] == "call_changed" and event["call"]["conversation"] == talk)
    assert moved["call"]["party"]["name"] == "Alice Agent"
    assert alice.until(lambda event: event.get("call", {}).get("party", {}).get("name") == "Carol Clerk")

    assert carol.run("park", "--orbit", "702") == "parked at 702: Alice Agent (101)\n"
    assert carol.event("park")["call"]["orbit"] == "702"
    assert carol.event("end")["call"]["outcome"] == "parked"
    assert alice.until(lambda event: event.get("call", {}).get("orbit") == "702")["call"]["state"] == "connected"
    board = bob.event("parked")["now"]["calls"]
    assert [(call["orbit"], call["party"]["name"], call["by"]) for call in board] == [("702", "Alice Agent", "carol")]
    assert "Alice Agent (101)" in bob.run("parked")

    assert bob.run("retrieve", "702") == "retrieved from 702\n"
    assert bob.event("parked")["now"]["calls"] == []
    assert bob.event("answer")["call"]["conversation"] == talk
    assert "no call is parked in orbit '702'" in carol.run("retrieve", "702", code=1)

    bob.run("consult", "103")
    carol.event("ring")
    carol.run("answer")
    bob.until(lambda event: event["type"] == "answer" and event["call"]["consults"])
    bob.run("conference")
    bob.until(lambda event: event.get("call", {}).get("conference") and event["call"]["state"] == "connected")
    joined = bob.ask("calls")
    assert [call["state"] for call in joined] == ["connected", "connected"]
    assert len({call["conference"] for call in joined}) == 1
    assert len({call["conversation"] for call in joined}) == 2

    assert bob.run("hold", joined[1]["id"])
    bob.event("hold")
    assert {call["conference"] for call in bob.ask("calls")} == {""}
    bob.run("conference")
    bob.event("resume")
    bob.run("leave")
    bob.event("end")
    bob.event("end")
    assert carol.until(lambda event: event.get("call", {}).get("conversation") == talk)
    alice.run("end")
    assert carol.event("end")["call"]["conversation"] == talk

    assert last(alice) == [("ended", talk, "")]
    assert ("transferred", talk, "") in last(bob, 4)
    assert [entry[0] for entry in last(carol, 2)] == ["ended", "parked"]
    assert "parked at 702" in carol.run("history")


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-10")
@pytest.mark.feature("CALL-12")
@pytest.mark.feature("CALL-15")
def test_calls_are_sent_on_and_picked_up(people: tuple[Desk, Desk, Desk]) -> None:
    alice, bob, carol = people
    talk = calls(alice, bob, "102")
    assert "nowhere" not in bob.run("transfer", "555", code=1)
    assert [call["state"] for call in bob.ask("calls")] == ["connected"]
    assert bob.run("transfer", "103") == "sent on: Alice Agent (101)\n"
    assert bob.event("end")["call"]["outcome"] == "transferred"
    assert carol.event("ring")["call"]["conversation"] == talk
    assert bob.run("pickup", "carol") == "picked up\n"
    assert bob.event("answer")["call"]["conversation"] == talk
    assert carol.event("end")["call"]["outcome"] == "elsewhere"
    bob.run("transfer", "103", "--voicemail")
    bob.event("end")
    assert alice.until(lambda event: event.get("call", {}).get("party", {}).get("name") == "Voicemail of Carol Clerk")
    alice.run("end")
    alice.event("end")
    assert carol.event("messages")["now"]["new"] == 1

    bob.run("dial", "103")
    carol.event("ring")
    assert carol.run("transfer", "--voicemail") == "sent on: Bob Builder (102)\n"
    assert carol.event("end")["call"]["outcome"] == "transferred"
    bob.event("answer")
    bob.run("end")
    bob.event("end")


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-11")
def test_another_is_tried_and_the_caller_is_taken_back(people: tuple[Desk, Desk, Desk]) -> None:
    alice, bob, carol = people
    calls(bob, carol, "103")
    carol.run("consult", "101")
    alice.event("ring")
    carol.run("consult", "600")
    assert alice.event("end")["call"]["outcome"] == "missed"
    alice.event("ring")
    assert carol.run("cancel") == "taken back: Bob Builder (102)\n"
    carol.event("resume")
    alice.event("end")
    assert "nobody is being consulted" in carol.run("cancel", code=1)
    carol.run("end")
    bob.event("end")
    carol.event("end")


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-13")
def test_a_conference_ends_for_everybody(people: tuple[Desk, Desk, Desk]) -> None:
    alice, bob, carol = people
    calls(bob, alice, "101")
    bob.run("consult", "103")
    carol.event("ring")
    carol.run("answer")
    bob.until(lambda event: event["type"] == "answer" and event["call"]["consults"])
    bob.run("conference")
    bob.until(lambda event: event.get("call", {}).get("conference"))
    bob.run("end", "--all")
    for person in (alice, carol, bob, bob):
        assert person.event("end")["call"]["outcome"] == "ended"
    assert "there is no conference" in bob.run("leave", code=1)


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-06")
@pytest.mark.feature("CALL-07")
@pytest.mark.feature("CALL-09")
@pytest.mark.feature("CALL-18")
def test_a_colleague_is_spoken_to_and_the_call_moves_to_another_device(people: tuple[Desk, Desk, Desk]) -> None:
    alice, bob, _ = people
    assert alice.run("intercom", "102") == "calling 102\n"
    answered = bob.event("answer")["call"]
    assert answered["intercom"], "nobody has answered it by hand"
    assert alice.event("answer")["call"]["intercom"]
    assert alice.run("mute") == "muted: Bob Builder (102)\n"
    assert alice.until(lambda event: event.get("call", {}).get("muted"))
    alice.run("mute", "off")
    assert alice.run("digits", "12#") == "sent to Bob Builder (102)\n"
    assert alice.run("handoff", "alice-mobile") == "alice-mobile rings for Bob Builder (102)\n"
    alice.run("answer")
    assert alice.until(lambda event: event.get("call", {}).get("device") == "alice-mobile")["type"] == "call_changed"
    assert [call["state"] for call in bob.ask("calls")] == ["connected"]
    bob.run("end")
    alice.event("end")
    bob.event("end")


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-22")
def test_an_emergency_call_goes_out_at_once_whatever_the_handset_is_doing(people: tuple[Desk, Desk, Desk]) -> None:
    alice, bob, _ = people
    alice.run("dial", "102")
    bob.event("ring")
    assert "dialling: end that call first" in alice.run("dial", "103", code=1)
    assert alice.run("dial", "911") == "dialling 911\n"
    bob.event("end")
    emergency = alice.until(
        lambda event: event["type"] == "dial" and event["call"]["dialled"]["number"]["text"] != "102"
    )
    assert emergency["call"]["party"]["number"]["kind"] == "emergency"
    alice.run("end", emergency["call"]["id"])
    alice.until(lambda event: event["type"] == "end" and event["call"]["id"] == emergency["call"]["id"])


@pytest.mark.timeout(180)
@pytest.mark.feature("CALL-08")
def test_the_last_number_is_dialled_again_also_after_a_restart(
    folders: dict[str, Path], people: tuple[Desk, Desk, Desk], tmp_path: Path
) -> None:
    alice, bob, _ = people
    alice.run("dial", "102")
    bob.event("ring")
    alice.run("end")
    bob.event("end")
    alice.event("end")
    assert alice.run("redial") == "dialling 102\n"
    bob.event("ring")
    alice.run("end")
    bob.event("end")
    alice.event("end")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    config = tmp_path / "phonehub.toml"
    config.write_text(folders["alice"].read_text())
    database = folders["alice"].parent / "state" / "hub.sqlite3"
    for part in database.parent.glob("hub.sqlite3*"):
        (state / part.name).write_bytes(part.read_bytes())
        (state / part.name).chmod(0o600)
    with process("--config", config, "run", SIM_PASSWORD="alice-sim") as again:
        line(again, "phonehub is up")
        with desk(config) as restarted:
            the_last_number(restarted, alice, bob)


def the_last_number(restarted: Desk, alice: Desk, bob: Desk) -> None:
    assert restarted.run("redial") == "dialling 102\n"
    bob.event("ring")
    restarted.run("end")
    bob.event("end")
    alice.event("end")
