from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_host import ALL

from hub.core.call import CallState
from hub.events import plain

if TYPE_CHECKING:
    import httpx
    from web_host import Office


async def test_the_phone_tells_how_it_stands(alice: httpx.AsyncClient) -> None:
    told = (await alice.get("/phone")).json()
    assert told == {
        "user": "alice",
        "state": "connected",
        "message": "",
        "dnd": False,
        "presence": None,
        "capabilities": sorted(ALL),
        "product": "Loopback",
        "version": "",
        "handsets": [
            {
                "id": "desk",
                "name": "",
                "model": "",
                "capabilities": sorted(ALL),
                "conference_size": 0,
                "appearances": [],
                "auto_hold": True,
            }
        ],
        "boards": {},
    }


@pytest.mark.feature("DIAL-05")
@pytest.mark.feature("CALL-01")
async def test_dialling_places_a_call(alice: httpx.AsyncClient, office: Office) -> None:
    answer = await alice.post("/calls", json={"number": "tel:+1-585-555-1234"})
    assert answer.status_code == 202
    assert answer.json()["number"]["e164"] == "+15855551234"
    (call,) = (await alice.get("/calls")).json()
    assert answer.json()["call"] == call
    assert (call["state"], call["direction"]) == ("initiated", "outbound")
    assert [leg.leg.party.number.e164 for leg in office.lines["alice"].legs.values()] == ["+15855551234"]


async def test_a_call_reads_as_in_events(alice: httpx.AsyncClient, office: Office) -> None:
    call = await office.ring("alice")
    assert (await alice.get("/calls")).json() == [plain(call)]


@pytest.mark.feature("CALL-02")
@pytest.mark.feature("CALL-04")
@pytest.mark.feature("CALL-05")
async def test_a_call_is_answered_held_resumed_and_ended(alice: httpx.AsyncClient, office: Office) -> None:
    call = await office.ring("alice")
    phone = office.phones["alice"]
    for word, state in (("answer", "connected"), ("hold", "hold"), ("resume", "connected")):
        answer = await alice.post(f"/calls/{call.id}/{word}", json={})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["id"], answer.json()["state"]) == (call.id, state)
    ended = (await alice.post(f"/calls/{call.id}/end", json={})).json()
    assert (ended["id"], ended["state"], ended["outcome"]) == (call.id, "null", "ended")
    assert not phone.calls
    assert office.lines["alice"].legs == {}


async def test_a_call_is_muted_and_digits_are_sent_over_it(alice: httpx.AsyncClient, office: Office) -> None:
    call = await office.ring("alice")
    assert (await alice.put("/calls/-/mute", json={"on": True})).status_code == 409
    await alice.post("/calls/-/answer", json={})
    for on in (True, False):
        assert (await alice.put(f"/calls/{call.id}/mute", json={"on": on})).json()["muted"] is on
    assert (await alice.post("/calls/-/digits", json={"digits": "1 2-3#a"})).status_code == 200
    assert office.lines["alice"].keyed == "123#A"
    for wrong in ("12x", "-", "\u0663"):
        refused = await alice.post("/calls/-/digits", json={"digits": wrong})
        assert refused.json()["code"] == "invalid_number"


@pytest.mark.feature("CALL-03")
async def test_an_ignored_call_goes_on_ringing(alice: httpx.AsyncClient, office: Office) -> None:
    call = await office.ring("alice")
    assert (await alice.post("/calls/-/ignore", json={})).json()["ignored"] is True
    (told,) = (await alice.get("/calls")).json()
    assert (told["id"], told["state"], told["ignored"]) == (call.id, "alerting", True)


@pytest.mark.feature("CALL-17")
async def test_dnd_is_switched(alice: httpx.AsyncClient, office: Office) -> None:
    assert (await alice.put("/dnd", json={"on": True})).json() == {"on": True}
    await office.until(lambda: office.phones["alice"].dnd is True)
    assert office.lines["alice"].dnd
    assert not office.lines["bob"].dnd


async def test_a_call_id_may_hold_anything(alice: httpx.AsyncClient, office: Office) -> None:
    call = await office.ring("alice", conversation="a/../b?c#d e%2f")
    answer = await alice.post(
        f"/calls/{call.id.replace('%', '%25').replace('?', '%3f').replace('#', '%23').replace('/', '%2f')}/answer",
        json={},
    )
    assert answer.status_code == 200, answer.text
    await office.until(lambda: office.phones["alice"].calls[0].state is CallState.CONNECTED)


async def test_a_hostile_name_does_not_break_the_list(alice: httpx.AsyncClient, office: Office) -> None:
    await office.ring("alice", name="\ud800\x00\u202e<script>")
    (call,) = (await alice.get("/calls")).json()
    assert call["party"]["name"] == "?\x00\u202e<script>"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/calls/nothing.alice/answer", {}, 404, "unknown_call"),
        ("/calls/-/hold", {}, 409, "wrong_state"),
        ("/calls", {"number": "hello"}, 422, "invalid_number"),
        ("/calls", {"number": "200", "device": "toaster"}, 409, "refused"),
        ("/calls", {}, 422, "invalid_request"),
        ("/calls", {"number": "200", "nmae": 1}, 422, "invalid_request"),
        ("/calls", [], 422, "invalid_request"),
        ("/nowhere", {}, 404, "not_found"),
    ],
)
async def test_a_refusal_has_a_code_and_a_message(
    alice: httpx.AsyncClient, path: str, body: object, status: int, code: str
) -> None:
    answer = await alice.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["message"]


@pytest.mark.feature("LINE-03")
async def test_a_missing_capability_is_named(alice: httpx.AsyncClient, office: Office) -> None:
    office.lines["alice"].capabilities = frozenset({"dial"})
    answer = await alice.put("/dnd", json={"on": True})
    assert answer.status_code == 501
    assert answer.json()["missing"] == "dnd"


async def test_without_the_phone_system_it_is_unavailable(alice: httpx.AsyncClient, office: Office) -> None:
    office.lines["alice"].unplugged = True
    office.lines["alice"].told.put_nowait(None)
    await office.until(lambda: office.phones["alice"].state == "lost")
    answer = await alice.post("/calls", json={"number": "200"})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_connected")
    answer = await alice.get("/colleagues")  # of whom nothing was ever told
    assert (answer.status_code, answer.json()["code"]) == (503, "not_connected")


async def test_what_was_left_empty_is_told_in_words(alice: httpx.AsyncClient) -> None:
    answer = await alice.post("/calls", json={"number": ""})
    assert (answer.status_code, answer.json()["message"]) == (422, "number: it is empty")
    answer = await alice.post("/agent/sign-in", json={"pin": ""})
    assert (answer.status_code, answer.json()["message"]) == (422, "pin: it is empty")


async def test_which_of_several_calls_must_be_said(alice: httpx.AsyncClient, office: Office) -> None:
    calls = [await office.ring("alice"), await office.ring("alice")]
    answer = await alice.post("/calls/-/answer", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous_call")
    assert all(call.id in answer.json()["message"] for call in calls)
