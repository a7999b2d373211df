from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest
from small_office import NOTIFY, TELLER, HubProcess, listening, office

from hub.core.call import Outcome
from hub.phone.connection import Backoff, Connection
from hub.store.store import Store
from hub.testing.harness import running, simulated_office, write_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.feature("CALL-21")
async def test_a_connection_cut_ten_times_in_mid_call_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = partial(
        Connection, backoff=Backoff(most=0.5)
    )  # else a server that drops at once is tried less and less
    monkeypatch.setattr("hub.phone.phone.Connection", impatient)
    async with simulated_office(office()) as outside, running(write_config(tmp_path, outside.server)) as (hub, heard):
        caller = outside.call()
        await heard.type("ring")
        await hub.phones["alice"].answer()
        await heard.type("answer")
        for times in range(2, 12):
            outside.server.drop_connections()
            await heard.state("lost", times - 1)
            assert len(hub.phones["alice"].calls) == 1
            await heard.state("connected", times)
        outside.hang_up(caller)
        await heard.type("end")
        assert heard.keys() == ["alice:ring:1", "alice:answer:1", "alice:end:1"]


@pytest.mark.feature("CALL-21", "HIST-01")
async def test_what_happened_while_the_connection_was_lost_is_inferred(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside, running(write_config(tmp_path, outside.server)) as (hub, heard):
        outside.call("+15855550001")
        await heard.type("ring")
        outside.server.drop_connections()
        outside.pick_up("alice-desk")
        gone = outside.call("+15855550002")
        outside.hang_up(gone)
        outside.call("+15855550003")
        await heard.state("connected", 2)
        inferred = [(event.type, event.call.party.number.e164[-1]) for event in heard.all if event.inferred]
        assert sorted(inferred) == [("answer", "1"), ("end", "2"), ("ring", "2"), ("ring", "3")]
        keys = [event.key for event in heard.all]
        assert len(set(keys)) == len(keys)
        await hub.store.flush()
        outcomes = {entry.e164[-1]: entry.outcome for entry in await hub.store.calls("alice")}
        assert outcomes == {"1": None, "2": Outcome.MISSED, "3": None}


@pytest.mark.timeout(120)
@pytest.mark.feature("CALL-21", "RULE-08", "HIST-01")
async def test_a_hub_killed_in_mid_call_and_started_again(tmp_path: Path) -> None:
    """Calls still up are known, those that came and went are in the history, nothing comes twice."""
    notify = tmp_path / "notify.py"
    notify.write_text(NOTIFY, encoding="utf-8")
    async with simulated_office(office()) as outside, listening() as (port, heard):
        path = write_config(tmp_path, outside.server, more=f"[plugins.teller]\nport = {port}\n")
        (tmp_path / "plugins" / "teller.py").write_text(TELLER, encoding="utf-8")
        command = json.dumps([sys.executable, str(notify), str(port), "%CALLNUM%"])
        for kind in ("ring", "answer", "end"):
            (tmp_path / "rules" / f"{kind}.yaml").write_text(
                f"on: {kind}\ninferred: true\ndo:\n  - run: {command}\n", encoding="utf-8"
            )
        hub = HubProcess(path)

        def told(kind: str) -> list[str]:
            return [one["key"] for one in heard.all if one.get("type") == kind]

        async def until(kind: str, times: int) -> None:
            await heard.until(lambda _: len(told(kind)) >= times)

        async def actions(times: int) -> None:
            await heard.until(lambda all_: sum("argv" in one for one in all_) >= times)

        try:
            await hub.start()
            await heard.until(lambda all_: any(one.get("type") == "phone" for one in all_))
            first = outside.call("+15855550001")
            await until("ring", 1)
            outside.pick_up("alice-desk")
            await until("answer", 1)
            await actions(2)
            for round_ in range(2):
                await hub.kill()
                gone = outside.call(f"+1585555100{round_}")
                outside.hang_up(gone)
                await hub.start()
                await until("ring", 2 + round_)
                await until("end", 1 + round_)
                await actions(4 + 2 * round_)
            outside.hang_up(first)
            await until("end", 3)
            await actions(7)
        finally:
            if hub.process is not None and hub.process.returncode is None:
                assert await hub.end() == 0
        assert [key for key, times in Counter(told("ring") + told("answer") + told("end")).items() if times > 1] == []
        assert len(told("answer")) == 1
        done = Counter(tuple(one["argv"]) for one in heard.all if "argv" in one)
        assert done == {("+15855550001",): 3, ("+15855551000",): 2, ("+15855551001",): 2}
        store = Store(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
        await store.open()
        entries = {entry.e164: entry for entry in await store.calls("alice")}
        await store.close()
        assert {number: entry.outcome for number, entry in entries.items()} == {
            "+15855550001": Outcome.ENDED,
            "+15855551000": Outcome.MISSED,
            "+15855551001": Outcome.MISSED,
        }
        assert entries["+15855550001"].started < entries["+15855551000"].started
