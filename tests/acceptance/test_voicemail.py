"""A caller leaves a message: a phone system and two hubs, worked by the command line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from test_cli import SCENARIO, Desk, desk, hub, line, process

if TYPE_CHECKING:
    from pathlib import Path


def lamp(of: Desk, new: int, old: int) -> None:
    """Wait for the lamp to show that, and see that the command says so, too."""

    def shows(event: dict[str, Any]) -> bool:
        return event["type"] == "messages" and (event["now"]["new"], event["now"]["old"]) == (new, old)

    of.until(shows)
    assert of.run("messages") == f"{new} new, {old} old messages\n"


def listen(alice: Desk, key: str) -> None:
    """Dial the voicemail, and press a key while the message plays."""
    alice.run("messages", "--listen")
    assert alice.event("answer")["call"]["party"]["name"] == "Voicemail"
    alice.run("digits", key)


@pytest.mark.feature("CALL-12")
def test_a_message_is_left_told_heard_and_deleted(tmp_path: Path) -> None:
    with process("sim", "--scenario", SCENARIO, "--port", "0") as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        with (
            hub(tmp_path, "alice", server) as alices,
            hub(tmp_path, "bob", server) as bobs,
            desk(alices) as alice,
            desk(bobs) as bob,
        ):
            bob.run("dial", "101")
            alice.event("ring")
            alice.run("transfer", "--voicemail")
            assert alice.event("end")["call"]["outcome"] == "transferred"
            bob.event("answer")
            for _ in range(5):  # he speaks for a while: longer than alice needs to press a key
                bob.run("calls")
            bob.run("end")
            lamp(alice, new=1, old=0)
            listen(alice, "#")
            lamp(alice, new=0, old=1)
            alice.event("end")
            listen(alice, "7")
            lamp(alice, new=0, old=0)
            alice.event("end")
            assert bob.run("messages") == "0 new, 0 old messages\n"
