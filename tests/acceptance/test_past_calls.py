from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hub.core.call import CallState
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.feature("HIST-02", "HIST-03", "CLI-01")
async def test_whoever_called_is_called_back_and_becomes_a_contact(tmp_path: Path) -> None:
    async def phonehub(*words: str) -> str:
        command = (sys.executable, "-m", "hub.cli", "--config", str(tmp_path / "phonehub.toml"), "--user", "alice")
        done = await asyncio.to_thread(
            subprocess.run, [*command, *words], capture_output=True, text=True, timeout=50, check=False,
            env={**os.environ, "COLUMNS": "200"},
        )  # fmt: skip
        return done.stdout + done.stderr

    async with running_desk(tmp_path) as desk:
        alice = desk.phone
        caller = desk.office.call("+15855551234", "Ada Caller")
        missed = (await desk.events.type("ring")).call.id
        desk.office.hang_up(caller)
        await desk.events.type("end")
        hidden = desk.office.call("", "")
        withheld = (await desk.events.type("ring", 2)).call.id
        desk.office.hang_up(hidden)
        await desk.events.type("end", 2)
        await desk.settled()

        shown = await phonehub("history", "show", missed)
        assert "Ada Caller" in shown
        assert "missed" in shown
        told = json.loads(await phonehub("history", "show", missed, "--json"))
        assert (told["e164"], told["outcome"], told["answered"], told["duration"]) == (
            "+15855551234",
            "missed",
            None,
            0,
        )

        assert "there is nothing to dial" in await phonehub("history", "dial", withheld)
        assert "there is nothing to add" in await phonehub("history", "add", "last")
        assert "there is no call x" in await phonehub("history", "dial", "x")

        assert await phonehub("history", "dial", missed) == "dialling (585) 555-1234\n"
        (back,) = alice.calls
        assert (back.party.number.e164, back.direction) == ("+15855551234", "outbound")
        await alice.end()
        await desk.events.type("end", 3)

        await alice.dial("102")
        colleague = alice.calls[0].id
        await alice.end()
        await desk.events.type("end", 4)
        assert "102" in await phonehub("history", "intercom", colleague)
        await desk.events.until(lambda _: [call for call in alice.calls if call.state is CallState.CONNECTED])
        assert alice.calls[0].intercom

        assert await phonehub("history", "add", missed, "--name", "Ada Lovelace") == "added Ada Lovelace\n"
        contacts = json.loads(await phonehub("contacts", "list", "Lovelace", "--json"))["contacts"]
        assert [(one["name"], one["numbers"][0]["text"]) for one in contacts] == [("Ada Lovelace", "+15855551234")]
