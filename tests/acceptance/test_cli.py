"""Two people at two desks: two hubs and a phone system, each a process of its own, worked by the command line alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PHONEHUB = Path(sys.executable).parent / "phonehub"
SCENARIO = Path(__file__).resolve().parents[2] / "samples" / "scenarios" / "two-desks.yaml"
pytestmark = [pytest.mark.feature("CLI-01"), pytest.mark.feature("ACC-06")]


@contextlib.contextmanager
def process(*arguments: str | Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run until the end of the block; it must then end at once, and without complaint."""
    with subprocess.Popen(
        [PHONEHUB, *arguments], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGINT)
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
                raise


def line(of: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read until a line holds the pattern."""
    assert of.stdout
    for text in of.stdout:
        if found := re.search(pattern, text):
            return found
    raise AssertionError(f"it ended without saying {pattern}")


@dataclass
class Desk:
    """One person's command line, and what `calls --watch` tells there."""

    config: Path
    watch: subprocess.Popen[str]

    def run(self, *arguments: str, code: int = 0) -> str:
        ran = subprocess.run(
            [PHONEHUB, "--config", self.config, *arguments], capture_output=True, text=True, timeout=30, check=False
        )
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        return ran.stderr if code else ran.stdout

    def ask(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Read events until one of them is it."""
        assert self.watch.stdout
        for text in self.watch.stdout:
            event: dict[str, Any] = json.loads(text)
            if holds(event):
                return event
        raise AssertionError("the hub stopped telling")

    def event(self, kind: str) -> dict[str, Any]:
        return self.until(lambda event: event["type"] == kind)


def is_connected(event: dict[str, Any]) -> bool:
    phone = event if event["type"] == "phone" else event.get("phone", {})
    return phone.get("state") == "connected"


@contextlib.contextmanager
def hub(folder: Path, user: str, server: str, more: str = "") -> Iterator[Path]:
    config = folder / user / "phonehub.toml"
    config.parent.mkdir()
    config.write_text(
        f"""
        [hub]
        state = "state"
        [users.{user}.phone]
        adapter = "sim"
        server = "{server}"
        user = "{user}"
        password = "${{env:SIM_PASSWORD}}"
        {more}
        """
    )
    with process("--config", config, "run", SIM_PASSWORD=f"{user}-sim") as running:
        line(running, f"phonehub is up for {user} at http://127.0.0.1:")
        yield config
    assert running.returncode == 0
    assert not (config.parent / "state" / "api.json").exists()


@contextlib.contextmanager
def desk(config: Path) -> Iterator[Desk]:
    with process("--config", config, "calls", "--watch", "--json") as watch:
        it = Desk(config, watch)
        it.until(is_connected)
        yield it


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("desks")
    with process("sim", "--scenario", SCENARIO, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with hub(folder, "alice", server) as alice, hub(folder, "bob", server) as bob:
            yield alice, bob


@pytest.fixture
def alice(hubs: tuple[Path, Path]) -> Iterator[Desk]:
    with desk(hubs[0]) as alice:
        yield alice


@pytest.fixture
def bob(hubs: tuple[Path, Path]) -> Iterator[Desk]:
    with desk(hubs[1]) as bob:
        yield bob


@pytest.fixture(autouse=True)
def nothing_is_left(alice: Desk) -> Iterator[None]:
    yield
    assert alice.ask("calls") == []


@pytest.mark.feature("CALL-01")
@pytest.mark.feature("CALL-02")
@pytest.mark.feature("CALL-04")
@pytest.mark.feature("CALL-05")
@pytest.mark.feature("HIST-01")
def test_they_call_each_other(alice: Desk, bob: Desk) -> None:
    assert alice.run("dial", "102") == "dialling 102\n"
    rings = bob.event("ring")["call"]
    assert rings["party"]["name"] == "Alice Agent"
    shown = bob.run("calls")
    assert rings["id"] in shown
    assert "alerting" in shown

    assert bob.run("answer") == "answered Alice Agent (101)\n"
    dialled = alice.event("answer")["call"]
    assert (dialled["conversation"], dialled["direction"]) == (rings["conversation"], "outbound")

    assert alice.run("hold", dialled["id"]) == "put on hold: Bob Builder (102)\n"
    alice.event("hold")
    assert [call["state"] for call in alice.ask("calls")] == ["hold"]
    assert alice.run("hold", code=1) == "there is no call to hold\n"
    resumed = alice.ask("resume")
    assert (resumed["id"], resumed["state"]) == (dialled["id"], "connected")
    alice.event("resume")
    assert [call["state"] for call in alice.ask("calls")] == ["connected"]

    assert bob.run("end") == "hung up on Alice Agent (101)\n"
    assert alice.event("end")["call"]["outcome"] == bob.event("end")["call"]["outcome"] == "ended"
    assert alice.run("calls") == "no calls\n"
    for person, call, other in ((alice, dialled, "Bob Builder"), (bob, rings, "Alice Agent")):
        last = person.ask("history", "--limit", "1")[0]
        assert (last["id"], last["outcome"], last["name"]) == (call["id"], "ended", other)
        assert last["duration"] > 0
        assert other in person.run("history")


@pytest.mark.feature("CALL-03")
def test_an_ignored_call_can_still_be_answered(alice: Desk, bob: Desk) -> None:
    alice.run("dial", "102")
    call = bob.event("ring")["call"]["id"]
    assert bob.run("ignore") == "silenced Alice Agent (101)\n"
    assert bob.until(lambda event: event.get("call", {}).get("ignored"))["call"]["id"] == call
    assert "alerting, ignored" in bob.run("calls")
    bob.run("answer", call)
    alice.event("answer")
    alice.run("end")
    bob.event("end")
    alice.event("end")


@pytest.mark.feature("CALL-17")
def test_do_not_disturb_keeps_the_handset_from_ringing(alice: Desk, bob: Desk) -> None:
    assert bob.run("dnd", "on") == "do-not-disturb is on\n"
    assert bob.event("dnd")["on"] is True
    assert bob.ask("dnd") == {"on": True}
    before = bob.ask("history")
    alice.run("dial", "102")
    assert alice.event("end")["call"]["outcome"] == "failed"
    missed = bob.until(lambda event: event["type"] in {"ring", "call_changed", "end"})
    assert (missed["type"], missed["call"]["outcome"]) == ("end", "missed")
    assert bob.ask("calls") == []
    (entry, *earlier) = bob.ask("history")
    assert earlier == before
    assert (entry["name"], entry["number"], entry["outcome"], entry["device"]) == ("Alice Agent", "101", "missed", "")

    bob.run("dial", "101")
    assert alice.event("ring")["call"]["party"]["name"] == "Bob Builder"
    alice.run("end")
    bob.event("end")

    assert bob.run("dnd", "off") == "do-not-disturb is off\n"
    bob.event("dnd")
    assert bob.run("dnd", "status") == "do-not-disturb is off\n"


@pytest.mark.feature("CALL-01")
@pytest.mark.feature("CALL-20")
def test_an_outside_number_is_dialled_as_a_link_or_as_people_write_it(alice: Desk) -> None:
    for written in (["tel:+1-585-555-0199"], ["+1 585", "555-0199"], ["(585) 555-0199"]):
        dialled = alice.ask("dial", *written)
        assert dialled["number"]["e164"] == "+15855550199"
        call = alice.event("dial")["call"]
        assert dialled["call"]["id"] == call["id"]
        assert call["state"] == "initiated"
        assert call["party"]["number"]["e164"] == "+15855550199"
        alice.run("end")
        alice.event("end")


def test_what_cannot_be_done_is_told(alice: Desk) -> None:
    for arguments, code, told in (
        (["dial", "hello"], 1, "'hello' cannot be dialled"),
        (["dial", "102", "--device", "toaster"], 1, "toaster"),
        (["answer"], 1, "there is no call to answer\n"),
        (["end", "c1.alice"], 1, 'there is no call c1.alice ("phonehub calls" shows those that are up)\n'),
        (["end", "\x1b[31mred\u202e"], 1, r"there is no call \x1b[31mred\u202e"),
        (["dnd", "maybe"], 2, "'maybe' is not one of 'on', 'off', 'status'"),
        (["dial"], 2, "Missing argument"),
    ):
        assert told in alice.run(*arguments, code=code)


def test_a_second_hub_on_the_same_state_is_refused(alice: Desk) -> None:
    ran = subprocess.run(
        [PHONEHUB, "--config", alice.config, "run"],
        capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "SIM_PASSWORD": "x"},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "a hub already works on this state folder (process " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert alice.ask("calls") == []


def test_nobody_else_can_read_the_token(alice: Desk) -> None:
    state = alice.config.parent / "state"
    assert [path.stat().st_mode & 0o777 for path in (state, state / "tokens", state / "tokens" / "alice")] == [
        0o700, 0o700, 0o600,
    ]  # fmt: skip


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_hub_stops_in_order_and_the_call_goes_on(
    alice: Desk, bob: Desk, tmp_path: Path, how: signal.Signals
) -> None:
    config = tmp_path / "phonehub.toml"
    config.write_text(alice.config.read_text())
    alice.run("dial", "102")
    bob.event("ring")
    with process("--config", config, "run", SIM_PASSWORD="alice-sim") as second:
        line(second, "phonehub is up")
        second.send_signal(how)
        second.send_signal(how)
        line(second, "stopping; calls go on")
        assert second.wait(20) == 0
    assert [call["state"] for call in bob.ask("calls")] == ["alerting"]
    alice.run("end")
    bob.event("end")
