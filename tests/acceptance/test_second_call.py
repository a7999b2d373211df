"""A second call where handsets hold the first, and where they end it: hubs and a phone system, each a process."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest
from test_cli import PHONEHUB, desk, hub, line, process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from test_cli import Desk

SCENARIO = """\
office: {name: Two kinds of handsets, lines: [Line 1, Line 2], orbits: ["701"]}
users:
  alice:
    extension: "101"
    password: alice-sim
    handsets: {alice-old: {auto_hold: false}, alice-new: {}}
  bob:
    name: Bob Builder
    extension: "102"
    password: bob-sim
    handsets: {bob-desk: {}}
people:
  jane:
    name: Jane Customer
    number: "+15855551234"
    when_called: {does: answers, after: 0.1}
"""
JANE = "9 585 555 1234"
pytestmark = [pytest.mark.timeout(180), pytest.mark.feature("CALL-16")]


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("second")
    scenario = folder / "handsets.yaml"
    scenario.write_text(SCENARIO)
    with process("sim", "--scenario", scenario, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with hub(folder, "alice", server) as alice, hub(folder, "bob", server) as bob:
            yield alice, bob


@pytest.fixture
def people(configs: tuple[Path, Path]) -> Iterator[tuple[Desk, Desk]]:
    with desk(configs[0]) as alice, desk(configs[1]) as bob:
        yield alice, bob
        assert [alice.ask("calls"), bob.ask("calls")] == [[], []]


def talking_to_jane(who: Desk) -> str:
    who.run("dial", JANE)
    call: str = who.event("answer")["call"]["id"]
    return call


def ends(who: Desk, call: str) -> None:
    assert who.until(lambda event: event["type"] == "end" and event["call"]["id"] == call)


def at_a_terminal(who: Desk, says: str, *arguments: str) -> tuple[int, str]:
    """Run a command as a person does who says this when asked."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{says}\n".encode())
        ran = subprocess.run(
            [PHONEHUB, "--config", who.config, *arguments],
            stdin=theirs, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    return ran.returncode, ran.stdout


def test_who_does_not_say_so_ends_no_call(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(alice)
    told = f"alice-old puts no call on hold: this ends call {first} with Jane Customer"
    for word in (["dial", "102"], ["dial", "102", "--json"], ["redial"], ["intercom", "102"], ["pickup", "102"]):
        refusal = alice.run(*word, code=1)
        assert told in refusal, word
        assert "say --yes" in refusal
    assert told in alice.run("retrieve", "701", code=1)
    assert at_a_terminal(alice, "n", "dial", "102") == (1, f"{told}; go on? [y/N]: ")
    assert [call["state"] for call in alice.ask("calls")] == ["connected"]
    assert bob.ask("calls") == []
    alice.run("end")
    ends(alice, first)


def test_who_says_so_dials_and_the_first_call_ends(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(alice)
    code, said = at_a_terminal(alice, "y", "dial", "102")
    assert (code, said.endswith("dialling 102\n")) == (0, True)
    ends(alice, first)
    bob.event("ring")
    bob.run("answer")
    second = alice.event("answer")["call"]["id"]
    alice.run("dial", JANE, "--yes")
    ends(alice, second)
    alice.event("answer")
    alice.run("end")
    bob.event("end")


def test_answering_a_second_call_ends_the_first_only_if_told_to(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(alice)
    bob.run("dial", "101")
    alice.event("ring")
    assert f"this ends call {first} with Jane Customer" in alice.run("answer", code=1)
    assert {call["state"] for call in alice.ask("calls")} == {"connected", "alerting"}
    assert alice.run("answer", "--yes") == "answered Bob Builder (102)\n"
    ends(alice, first)
    bob.event("answer")
    bob.run("end")
    alice.event("end")


def test_programs_are_told_which_call_would_end(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(alice)
    state = alice.config.parent / "state"
    address = json.loads((state / "api.json").read_text())["url"]
    token = (state / "tokens" / "alice").read_text().strip()
    with httpx.Client(
        base_url=f"{address}/api", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        handsets = {one["id"]: one["auto_hold"] for one in client.get("/phone").json()["handsets"]}
        assert handsets == {"alice-old": False, "alice-new": True}
        refused = client.post("/calls", json={"number": "102"})
        assert refused.status_code == 409
        assert (refused.json()["code"], refused.json()["call"]) == ("would_end_call", first)
        assert client.post("/calls", json={"number": "102", "may_end": True}).status_code == 202
    ends(alice, first)
    bob.event("ring")
    alice.run("end")
    bob.event("end")


def test_at_another_handset_nothing_ends(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(alice)
    assert alice.run("dial", "102", "--device", "alice-new") == "dialling 102\n"
    bob.event("ring")
    assert (alice.ask("calls")[0]["id"], alice.ask("calls")[0]["state"]) == (first, "connected")
    bob.run("end")
    bob.event("end")
    alice.run("end", first)
    ends(alice, first)
    for call in alice.ask("calls"):
        alice.run("end", call["id"])


def test_a_handset_with_auto_hold_holds_the_first(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    first = talking_to_jane(bob)
    assert bob.run("dial", "101") == "dialling 101\n"
    assert bob.event("hold")["call"]["id"] == first
    alice.event("ring")
    alice.run("answer")
    second = bob.event("answer")["call"]["id"]
    assert bob.run("resume") == "back with Jane Customer ((585) 555-1234)\n"
    assert bob.event("hold")["call"]["id"] == second
    assert bob.event("resume")["call"]["id"] == first
    bob.run("end", first)
    bob.run("end", second)
    alice.event("end")


@pytest.mark.feature("CALL-22")
@pytest.mark.parametrize("dialled", ["911", "9911"])
def test_an_emergency_call_asks_nothing(people: tuple[Desk, Desk], dialled: str) -> None:
    alice, _ = people
    first = talking_to_jane(alice)
    assert alice.run("dial", dialled) == f"dialling {dialled}\n"
    ends(alice, first)
    alice.run("end")


@pytest.mark.feature("CALL-22")
def test_an_emergency_call_takes_a_line_where_all_are_in_use(people: tuple[Desk, Desk]) -> None:
    alice, bob = people
    talking_to_jane(alice)
    last = talking_to_jane(bob)
    alice.run("dial", "911", "--device", "alice-new")
    gone = bob.event("end")["call"]
    assert (gone["id"], gone["outcome"]) == (last, "preempted")
    assert bob.ask("history")[0]["outcome"] == "preempted"
    helped = alice.until(
        lambda event: event["type"] == "answer" and event["call"]["dialled"]["number"]["text"] == "911"
    )
    assert {call["state"] for call in alice.ask("calls")} == {"connected"}
    for call in alice.ask("calls"):
        alice.run("end", call["id"])
    ends(alice, helped["call"]["id"])
