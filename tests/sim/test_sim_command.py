from __future__ import annotations

import asyncio
import re
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from offices import adapter

from hub.core.signals import Kind
from hub.phone.commands import DialNumber
from hub.sim.samples import TWO_DESKS, sample_scenario
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator


@asynccontextmanager
async def phonehub_sim(*arguments: str) -> AsyncIterator[tuple[Process, str, list[str]]]:
    """Run `phonehub sim` at a free port; yield the process, its address, and what it printed before it was ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.cli", "sim", "--port", "0", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout
    said: list[str] = []
    try:
        while not said or "Ctrl-C" not in said[-1]:
            line = await process.stdout.readline()
            assert line, said
            said.append(line.decode())
        found = re.search(r"ws://\S+", said[0])
        assert found
        yield process, found[0], said
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.feature("CLI-01")
@pytest.mark.feature("ACC-01")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    scenario = str(sample_scenario(TWO_DESKS))
    async with phonehub_sim("--scenario", scenario) as (process, url, said):
        assert "alice-sim" not in "".join(said)
        async with (
            Listener.opened(adapter(url, "alice", password="alice-sim")) as alice,
            Listener.opened(adapter(url, "bob", password="bob-sim")) as bob,
        ):
            await alice.session.do(DialNumber("102"))
            assert (await bob.hear(Kind.DELIVERED)).leg.party.name == "Alice Agent"
            process.send_signal(number)
            await alice.loss()
        assert process.stdout
        assert (await process.stdout.read()).decode() == "the phone system has stopped\n"
        assert await process.wait() == 0


async def test_it_tells_the_day_with_hostile_names_made_harmless() -> None:
    async with phonehub_sim("--speed", "100000", "--longest-gap", "0") as (process, _, _):
        assert process.stdout
        told = b""
        while b"the day is over after 26 calls" not in told:
            line = await process.stdout.readline()
            assert line, told
            told += line
        assert b"08:58:06  alice answers" in told
        assert b"\\x1b[2J" in told
        assert b"\x1b" not in told
        assert b"\0" not in told


async def test_mistakes_are_told_without_a_traceback() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.cli", "sim", "--scenario", "no-such.yaml",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert error.decode().startswith("no-such.yaml: cannot be read")
    assert b"Traceback" not in error
