from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.core.call import CallState, Direction, Outcome
from hub.events import plain
from hub.rules.record import ActionRecord
from hub.store.recordings import RecordingEntry

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from web_host import Office

JSON = {"Content-Type": "application/json"}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def past(office: Office) -> list[str]:
    """Three calls of alice's, the newest first."""
    call = replace(await office.ring("alice"), state=CallState.NULL, outcome=Outcome.MISSED)
    calls = []
    for nth, name in enumerate(("Ann", "Ben", "Cem")):
        at = NOW - timedelta(hours=nth)
        party = replace(call.party, name=name)
        calls.append(replace(call, id=f"c{nth}.alice", party=party, started=at, ended=at + timedelta(seconds=9)))
        office.store.record_call(calls[-1])
    await office.store.flush()
    return [each.id for each in calls]


@pytest.mark.feature("HIST-01")
async def test_history_is_newest_first_and_the_users_own(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office, past: list[str]
) -> None:
    told = (await alice.get("/history")).json()
    assert told == plain(await office.store.calls("alice"))
    assert [each["id"] for each in told] == past
    assert (told[0]["name"], told[0]["e164"], told[0]["outcome"]) == ("Ann", "+15855551234", "missed")
    assert (await bob.get("/history")).json() == []


@pytest.mark.feature("HIST-02")
async def test_a_call_is_deleted_with_its_notes(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office, past: list[str]
) -> None:
    await alice.post(f"/history/{past[1]}/note", json={"text": "a secret"})
    assert (await bob.get(f"/history/{past[1]}")).status_code == 404
    refused = await bob.delete(f"/history/{past[1]}", headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_call")
    assert (await bob.delete("/history", headers=JSON)).json() == {"deleted": 0}
    assert (await alice.get(f"/history/{past[1]}")).json()["notes"][0]["text"] == "a secret"

    assert (await alice.delete(f"/history/{past[1]}", headers=JSON)).status_code == 204
    assert (await alice.get(f"/history/{past[1]}")).status_code == 404
    assert (await alice.delete(f"/history/{past[1]}", headers=JSON)).status_code == 404
    assert [each["id"] for each in (await alice.get("/history")).json()] == [past[0], past[2]]
    assert (await alice.get("/history", params={"search": "secret"})).json() == []

    living = await office.ring("alice", conversation="living")
    await office.store.flush()
    office.store.record_call(living)
    await office.store.flush()
    assert (await alice.delete(f"/history/{living.id}", headers=JSON)).json()["code"] == "wrong_state"
    assert (await alice.delete("/history", headers=JSON, params={"until": "2026-03-02T08:00:00Z"})).json() == {
        "deleted": 1
    }
    assert (await alice.delete("/history", headers=JSON)).json() == {"deleted": 1}
    assert [each["id"] for each in (await alice.get("/history")).json()] == [living.id]


@pytest.mark.feature("HIST-02")
async def test_recordings_stay_when_a_call_is_deleted_unless_it_is_asked_for(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office, past: list[str], tmp_path: Path
) -> None:
    files = []
    for nth, call in enumerate(past):
        for user in ("alice", "bob"):
            files.append(tmp_path / f"{user} {nth}.wav")
            files[-1].write_bytes(b"RIFF")
            entry = RecordingEntry(
                id=f"00000000000{nth}", user=user, call=call, conversation="c", direction=Direction.INBOUND, name="Ann",
                number="", e164="", began=NOW - timedelta(hours=nth), duration=1.0, missing=0.0, format="wav", size=4,
                sha256="", audio=str(files[-1]),
            )  # fmt: skip
            await office.recordings.add(entry)
    assert (await alice.get(f"/history/{past[0]}")).json()["recordings"] == ["000000000000"]

    async def left(client: httpx.AsyncClient) -> list[str]:
        return [each["call"] for each in (await client.get("/recordings")).json()]

    assert (await alice.delete(f"/history/{past[0]}", headers=JSON)).status_code == 204
    assert await left(alice) == past
    assert (await alice.delete(f"/history/{past[1]}", headers=JSON, params={"recordings": True})).status_code == 204
    assert await left(alice) == [past[0], past[2]]
    wanted = {"recordings": True, "until": (NOW - timedelta(hours=1)).isoformat()}
    assert (await alice.delete("/history", headers=JSON, params=wanted)).json() == {"deleted": 1}
    assert await left(alice) == [past[0]]
    living = await office.ring("alice", conversation="living")
    office.store.record_call(living)
    await office.store.flush()
    goes_on = replace(entry, id="00000000000f", user="alice", call=living.id, audio=str(tmp_path / "living.wav"))
    await office.recordings.add(goes_on)
    assert (await alice.delete("/history", headers=JSON, params={"recordings": True})).status_code == 200
    assert set(await left(alice)) == {past[0], living.id}, "of no call that was deleted now"
    assert await left(bob) == past
    assert [file.is_file() for file in files] == [True, True, False, True, False, True]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"limit": 1}, [0]),
        ({"until": "2026-03-02T08:00:00Z"}, [2]),
        ({"since": "2026-03-02T09:00:00+01:00"}, [0, 1]),
        ({"search": "ben"}, [1]),
        ({"search": "%"}, []),
        ({"outcome": "missed", "direction": "inbound"}, [0, 1, 2]),
        ({"direction": "outbound"}, []),
        ({"reverse": True}, [2, 1, 0]),
        ({"sort": "name", "reverse": True, "offset": 1}, [1, 0]),
        ({"sort": "number", "limit": 1}, [0]),
    ],
)
async def test_history_is_searched(
    alice: httpx.AsyncClient, past: list[str], query: dict[str, str], found: list[int]
) -> None:
    told = (await alice.get("/history", params=query)).json()
    assert [each["id"] for each in told] == [past[nth] for nth in found]


async def test_a_note_is_added(alice: httpx.AsyncClient, bob: httpx.AsyncClient, past: list[str]) -> None:
    answer = await alice.post(f"/history/{past[0]}/note", json={"text": "calls back"})
    assert answer.status_code == 201
    assert [note["text"] for note in (await alice.get("/history")).json()[0]["notes"]] == ["calls back"]
    for client, path in ((bob, f"/history/{past[0]}/note"), (alice, "/history/other/note")):
        refused = await client.post(path, json={"text": "mine"})
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_call")


async def test_actions_are_told(alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office) -> None:
    record = ActionRecord(
        key="k", user="alice", rule="10-crm", name="CRM", action="run", event="ring", status="ok",
        started=datetime.now(UTC),
        duration=0.25, call="c0.alice", detail="notify-send", output="", exit_status=0,
    )  # fmt: skip
    await office.store.record_action(record)
    await office.store.flush()
    assert (await alice.get("/actions")).json() == [plain(record)]
    assert (await alice.get("/actions?call=other")).json() == []
    assert (await alice.get("/actions?rule=10-crm")).json() == [plain(record)]
    assert (await bob.get("/actions")).json() == []


async def test_plugins_are_told(alice: httpx.AsyncClient) -> None:
    told = (await alice.get("/plugins")).json()
    assert [(plugin["name"], plugin["state"]) for plugin in told] == [("screenpop", "loaded"), ("broken", "failed")]
    assert (await alice.get("/plugins/broken")).json() == told[1]
    missing = await alice.get("/plugins/screenpip")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_plugin")


async def test_an_error_that_may_name_anothers_caller_is_told_to_a_single_user_only(
    alice: httpx.AsyncClient, office: Office
) -> None:
    assert (await alice.get("/plugins/broken")).json()["last_error"] == ""
    del office.phones["bob"]
    broken = (await alice.get("/plugins/broken")).json()
    assert (broken["last_error"], broken["traceback"]) == ("of Ann", "trace")


async def test_rules_are_told_with_what_is_wrong(alice: httpx.AsyncClient, office: Office, tmp_path: Path) -> None:
    for folder, name, text in (
        ("locked", "10-all.yaml", "name: For all\non: ring\ndo:\n  - note: rang\n"),
        ("rules", "20-mine.yaml", "on: [dial, answer]\nenabled: false\ndo:\n  - note: spoke\n"),
        ("rules", "30-broken.yaml", "on: rnig\ndo:\n  - note: rang\n"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    office.library.look()
    told = (await alice.get("/rules")).json()
    assert [(rule["id"], rule["name"], rule["on"], rule["locked"], rule["enabled"]) for rule in told["rules"]] == [
        ("admin/10-all.yaml", "For all", ["ring"], True, True),
        ("user/20-mine.yaml", "20-mine", ["dial", "answer"], False, False),
    ]
    (problem,) = told["problems"]
    assert problem["place"].endswith("30-broken.yaml:1:5: on")
    assert 'did you mean "ring"?' in problem["remedy"]


async def test_a_user_who_has_gone_is_not_let_in(bob: httpx.AsyncClient, office: Office) -> None:
    del office.phones["bob"]
    assert (await bob.get("/calls")).status_code == 401


@pytest.mark.feature("HIST-04")
async def test_history_is_exported_and_spreadsheets_run_nothing_of_it(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office, past: list[str]
) -> None:
    call = await office.ring("alice", number="+15855551234", name='=cmd|"/c calc"!A1')
    ended = NOW + timedelta(hours=1)
    changes = {"id": "evil", "started": ended - timedelta(seconds=65), "answered": ended - timedelta(seconds=60)}
    office.store.record_call(replace(call, state=CallState.NULL, outcome=Outcome.ENDED, ended=ended, **changes))
    await office.store.flush()
    for text in ("+1 note", "second; line\nthird"):
        await alice.post("/history/evil/note", json={"text": text})

    answer = await alice.get("/history.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "history.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    listed = (await alice.get("/history")).json()
    assert [row["id"] for row in rows] == [entry["id"] for entry in listed] == ["evil", *past]
    first = rows[0]
    assert first["name"] == '\'=cmd|"/c calc"!A1'
    assert (first["number"], first["e164"]) == ("'+15855551234", "'+15855551234")
    assert (first["duration"], first["internal"], first["outcome"]) == ("60", "false", "ended")
    assert first["notes"] == "'+1 note\nsecond; line\nthird"
    assert all(not cell or cell[0] not in "=+-@\t\r" for row in rows for cell in row.values())

    assert (await alice.get("/history.json")).json() == listed
    assert (await alice.get("/history.json", params={"search": "calc"})).json() == listed[:1]
    assert (await alice.get("/history.json", params={"outcome": "failed"})).json() == []
    assert (await bob.get("/history.json")).json() == []
    assert len((await bob.get("/history.csv")).text.splitlines()) == 1


@pytest.mark.feature("HIST-04")
async def test_a_long_history_is_exported_whole(
    alice: httpx.AsyncClient, office: Office, past: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.routes.past._AT_ONCE", 2)
    assert [each["id"] for each in (await alice.get("/history.json")).json()] == past
    await office.store.delete_calls("alice")
    assert (await alice.get("/history.json")).json() == []
