from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hub.core.call import CallState
from hub.sim import scenario
from hub.sim.audio.impairments import Impairments
from hub.sim.samples import TWO_DESKS, sample_scenario
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from pathlib import Path


OFFICE = scenario.load(sample_scenario(TWO_DESKS)).office


async def phonehub(folder: Path, *words: str, said: str = "") -> str:
    """Run the real command for alice; return all that it says."""
    command = (sys.executable, "-m", "hub.cli", "--config", str(folder / "phonehub.toml"), "--user", "alice")
    done = await asyncio.to_thread(
        subprocess.run, [*command, *words], input=said, capture_output=True, text=True, timeout=50,
        check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.feature("HIST-03", "CLI-01")
async def test_how_the_audio_of_a_call_came_is_told_with_it(tmp_path: Path) -> None:
    office = replace(OFFICE, network=Impairments(loss=0.02, jitter=0.03))
    async with running_desk(tmp_path, office=office) as desk:
        for name in ("Ada Caller", "Bea Caller"):
            caller = desk.office.call("+15855551234", name)
            await desk.events.type("ring")
            if name.startswith("Ada"):
                await desk.phone.answer()
            desk.office.hang_up(caller)
            await desk.events.type("end", 1 if name.startswith("Ada") else 2)
        await desk.settled()
        bea, ada = await desk.hub.store.calls("alice")
        assert bea.network is None
        assert ada.network is not None
        told = json.loads(await phonehub(tmp_path, "history", "show", ada.id, "--json"))["network"]
        assert told == {"codec": "PCMU", "jitter": 0.01, "loss": 0.02, "mos": ada.network.mos}
        shown = await phonehub(tmp_path, "history", "show", ada.id)
        assert "10.0 ms" in shown
        assert "2.00 %" in shown
        assert "of 5" in shown
        assert "jitter" not in await phonehub(tmp_path, "history", "show", bea.id)
        path = tmp_path / "calls.csv"
        await phonehub(tmp_path, "history", "export", str(path))
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        assert [(row["codec"], row["jitter"], row["loss"]) for row in rows] == [("", "", ""), ("PCMU", "0.01", "0.02")]


@pytest.mark.feature("HIST-02", "CLI-01")
async def test_all_calls_are_deleted_and_the_handsets_list_with_them(tmp_path: Path) -> None:
    alice = OFFICE.users["alice"]
    old = replace(alice.handsets[0], id="alice-old", capabilities=frozenset({"dial"}))
    users = {**OFFICE.users, "alice": replace(alice, handsets=(*alice.handsets, old))}
    async with running_desk(tmp_path, office=replace(OFFICE, users=users)) as desk:
        exchange = desk.office.server.exchange

        async def missed(times: int) -> None:
            caller = desk.office.call()
            await desk.events.type("ring", times)
            desk.office.hang_up(caller)
            await desk.events.type("end", times)
            await desk.settled()

        await missed(1)
        assert [leg.party.name for leg in exchange.call_list("alice-desk")] == ["Ada Caller"]
        assert "deleted 1 calls" in await phonehub(tmp_path, "history", "delete", "--all", said="y\nn\n")
        assert len(exchange.call_list("alice-desk")) == 1
        await missed(2)
        said = await phonehub(tmp_path, "history", "delete", "--all", said="y\ny\n")
        assert "Clear the lists that your handsets show, too?" in said
        assert "deleted 1 calls" in said
        assert exchange.call_list("alice-desk") == ()
        assert len(exchange.call_list("alice-old")) == 2, "that one cannot be asked"
        assert "--handsets goes with --all" in await phonehub(tmp_path, "history", "delete", "last", "--handsets")


@pytest.mark.feature("HIST-02")
async def test_nothing_is_deleted_where_the_handsets_list_cannot_be_cleared(tmp_path: Path) -> None:
    alice = OFFICE.users["alice"]
    handsets = tuple(replace(each, capabilities=each.capabilities - {"clear_calls"}) for each in alice.handsets)
    users = {**OFFICE.users, "alice": replace(alice, handsets=handsets)}
    async with running_desk(tmp_path, office=replace(OFFICE, users=users)) as desk:
        caller = desk.office.call()
        await desk.events.type("ring")
        desk.office.hang_up(caller)
        await desk.events.type("end")
        await desk.settled()
        assert "clear_calls" in await phonehub(tmp_path, "history", "delete", "--all", "--handsets", "--yes")
        assert len(await desk.hub.store.calls("alice")) == 1


@pytest.mark.feature("HIST-02", "CLI-01")
async def test_whoever_called_is_called_back_and_becomes_a_contact(tmp_path: Path) -> None:
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

        shown = await phonehub(tmp_path, "history", "show", missed)
        assert "Ada Caller" in shown
        assert "missed" in shown
        told = json.loads(await phonehub(tmp_path, "history", "show", missed, "--json"))
        assert (told["e164"], told["outcome"], told["answered"], told["duration"]) == (
            "+15855551234",
            "missed",
            None,
            0,
        )

        assert "there is nothing to dial" in await phonehub(tmp_path, "history", "dial", withheld)
        assert "there is nothing to add" in await phonehub(tmp_path, "history", "add", "last")
        assert "there is no call x" in await phonehub(tmp_path, "history", "dial", "x")

        assert await phonehub(tmp_path, "history", "dial", missed) == "dialling (585) 555-1234\n"
        (back,) = alice.calls
        assert (back.party.number.e164, back.direction) == ("+15855551234", "outbound")
        await alice.end()
        await desk.events.type("end", 3)

        await alice.dial("102")
        colleague = alice.calls[0].id
        await alice.end()
        await desk.events.type("end", 4)
        assert "102" in await phonehub(tmp_path, "history", "intercom", colleague)
        await desk.events.until(lambda _: [call for call in alice.calls if call.state is CallState.CONNECTED])
        assert alice.calls[0].intercom

        assert await phonehub(tmp_path, "history", "add", missed, "--name", "Ada Lovelace") == "added Ada Lovelace\n"
        contacts = json.loads(await phonehub(tmp_path, "contacts", "list", "Lovelace", "--json"))["contacts"]
        assert [(one["name"], one["numbers"][0]["text"]) for one in contacts] == [("Ada Lovelace", "+15855551234")]
