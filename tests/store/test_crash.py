from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crashing import after

if TYPE_CHECKING:
    from conftest import OpenStore


@pytest.mark.feature("CALL-21", "HIST-01", "RULE-08")
async def test_killed_in_the_middle_of_writing_nothing_is_torn_and_no_claim_is_granted_twice(
    path: Path, open_store: OpenStore
) -> None:
    granted: list[str] = []
    reached = -1
    for patience in (1, 7, 20, 45, 60):
        granted += _run_and_kill(path, patience)
        store = await open_store()
        mark = int(await store.mark("alice"))
        assert mark >= reached, "what was durable stays"
        reached = mark

        expected = after(mark)
        entries = await store.calls("alice", limit=100_000)
        assert {entry.id for entry in entries} == set(expected)
        still_open = {call.id: call for call in expected.values() if not call.ended}
        assert {call.id: call for call in await store.open_calls("alice")} == still_open
        assert {call.id: call for call in await store.past_calls("alice", limit=100_000)} == expected

        for key in granted:
            assert not await store.claim(key)
        await store.close()
    assert reached > 100
    assert len(granted) == len(set(granted)) > 100


def _run_and_kill(path: Path, after_lines: int) -> list[str]:
    """Follow the stream in a process of its own, kill -9 it after so many claims; returns those that were granted."""
    command = [sys.executable, str(Path(__file__).with_name("crashing.py")), f"sqlite:///{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(after_lines + 1)]
        child.kill()
        lines += child.stdout.readlines()
    assert child.returncode == -9
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [words[1] for words in whole if words[0] == "claimed" and words[2] == "True"]
