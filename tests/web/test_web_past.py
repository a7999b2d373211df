from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from web_host import NOW

from hub.events import plain
from hub.rules.record import ActionRecord

if TYPE_CHECKING:
    import httpx
    from web_host import Office

    from hub.core.call import Call


@pytest.fixture
async def past(office: Office) -> list[Call]:
    """Three calls of alice's, the newest first."""
    call = await office.ring("alice")
    calls = [replace(call, id=f"c{nth}.alice", started=NOW - timedelta(hours=nth)) for nth in range(3)]
    office.past["alice"] = [SimpleNamespace(call=each, notes=()) for each in calls]
    return calls


@pytest.mark.feature("HIST-01")
async def test_history_is_newest_first_and_bounded(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, past: list[Call]
) -> None:
    assert (await alice.get("/history")).json() == [{"call": plain(call), "notes": []} for call in past]
    assert [each["call"]["id"] for each in (await alice.get("/history?limit=1")).json()] == ["c0.alice"]
    before = plain(past[1].started)
    later = await alice.get("/history", params={"before": before})
    assert [each["call"]["id"] for each in later.json()] == ["c2.alice"]
    assert (await bob.get("/history")).json() == []


async def test_a_note_is_added(alice: httpx.AsyncClient, bob: httpx.AsyncClient, past: list[Call]) -> None:
    answer = await alice.post(f"/history/{past[0].id}/note", json={"text": "calls back"})
    assert answer.status_code == 201
    assert (await alice.get("/history")).json()[0]["notes"] == [{"at": "2026-03-02T09:00:00Z", "text": "calls back"}]
    for client, path in ((bob, f"/history/{past[0].id}/note"), (alice, "/history/other/note")):
        refused = await client.post(path, json={"text": "mine"})
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_call")


async def test_actions_are_told(alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office) -> None:
    record = ActionRecord(
        key="k", user="alice", rule="10-crm", name="CRM", action="run", event="ring", status="ok", started=NOW,
        duration=0.25, call="c0.alice", detail="notify-send", output="", exit_status=0,
    )  # fmt: skip
    office.done["alice"] = [record]
    assert (await alice.get("/actions")).json() == [plain(record)]
    assert (await alice.get("/actions?call=other")).json() == []
    assert (await bob.get("/actions")).json() == []


async def test_plugins_and_rules_are_told(alice: httpx.AsyncClient) -> None:
    (plugin,) = (await alice.get("/plugins")).json()
    assert (await alice.get("/plugins/screenpop")).json() == plugin
    missing = await alice.get("/plugins/screenpip")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_plugin")
    assert (await alice.get("/rules")).json()["rules"][0]["name"] == "alice's"
