"""What commands about several parties answer: the calls as they are when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from over_http import over_http
from test_story import SCENARIO

from hub.sim import scenario
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from over_http import User

    from hub.testing.harness import Desk

pytestmark = pytest.mark.feature("CLI-01")
PEOPLE = ("alice", "bob", "carol")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(
        tmp_path, users=PEOPLE, office=scenario.read(SCENARIO.encode(), "three.yaml").office
    ) as desk:
        yield desk


@pytest.fixture
async def people(desk: Desk) -> AsyncIterator[list[User]]:
    async with over_http(desk, *PEOPLE) as users:
        yield users


async def talking(desk: Desk, caller: User, extension: str) -> str:
    """Let somebody call a colleague, who answers; return the caller's call."""
    dialled = await caller.post("/calls", number=extension)
    desk.office.pick_up({"101": "alice-desk", "102": "bob-desk", "103": "carol-desk"}[extension])
    call: str = dialled["call"]["id"]
    await desk.events.until(lambda events: any(one.type == "answer" and one.call.id == call for one in events))
    return call


@pytest.mark.feature("CALL-11")
async def test_a_consultation_tells_both_calls_and_how_it_ended(desk: Desk, people: list[User]) -> None:
    _, bob, _ = people
    held = await talking(desk, bob, "101")
    told = await bob.post("/calls/-/consult", number="103")
    assert (told["number"]["text"], told["call"]["consults"]) == ("103", held)
    assert told["call"]["state"] in {"initiated", "alerting"}
    assert (told["held"]["id"], told["held"]["state"]) == (held, "hold")
    again = await bob.post("/calls/-/consult", number="600")
    assert again["call"]["id"] != told["call"]["id"]
    assert (again["held"]["id"], again["held"]["state"]) == (held, "hold")
    back = await bob.post("/calls/-/cancel")
    assert (back["id"], back["state"]) == (held, "connected")
    await bob.post("/calls/-/consult", number="103")
    through = await bob.post("/calls/-/complete")
    assert (through["id"], through["outcome"]) == (held, "transferred")
    assert await bob.get("/calls") == []


@pytest.mark.feature("CALL-10", "CALL-12", "CALL-14", "CALL-18")
async def test_what_was_sent_on_is_over_and_says_where_it_went(desk: Desk, people: list[User]) -> None:
    alice, bob, carol = people
    first = await talking(desk, bob, "101")
    rings = await alice.post("/calls/-/handoff", device="alice-mobile")
    assert [(leg["leg"]["device"], leg["state"]) for leg in rings["legs"]] == [
        ("alice-desk", "connected"), ("alice-mobile", "alerting"),
    ]  # fmt: skip
    parked = await bob.post("/calls/-/park", orbit="702")
    assert (parked["orbit"], parked["call"]["id"], parked["call"]["outcome"]) == ("702", first, "parked")
    assert parked["call"]["orbit"] == "702"
    taken = (await carol.post("/retrieve", orbit="702"))["call"]
    assert taken["state"] == "connected"
    sent = await carol.post("/calls/-/transfer", number="102")
    assert (sent["id"], sent["outcome"], sent["state"]) == (taken["id"], "transferred", "null")
    deflected = await bob.post("/calls/-/voicemail", user="carol")
    assert deflected["outcome"] == "transferred"
    assert (await alice.get("/calls"))[0]["party"]["name"] == "Voicemail of Carol Clerk"


@pytest.mark.feature("CALL-13")
async def test_a_conference_is_told_joined_left_and_ended(desk: Desk, people: list[User]) -> None:
    alice, bob, _ = people
    one = await talking(desk, bob, "101")
    consulted = (await bob.post("/calls/-/consult", number="103"))["call"]["id"]
    desk.office.pick_up("carol-desk")
    await desk.events.until(lambda events: any(each.type == "answer" and each.call.id == consulted for each in events))
    joined = await bob.post("/calls/-/conference")
    assert (joined["id"], joined["state"]) == (one, "connected")
    assert {call["conference"] for call in await bob.get("/calls")} == {joined["conference"]} != {""}
    left = await bob.post("/calls/-/leave")
    assert (left["id"], left["outcome"]) == (one, "transferred")
    assert await bob.get("/calls") == []

    held = (await alice.get("/calls"))[0]["id"]
    consulted = (await alice.post("/calls/-/consult", number="102"))["call"]["id"]
    desk.office.pick_up("bob-desk")
    await desk.events.until(lambda events: any(each.type == "answer" and each.call.id == consulted for each in events))
    await alice.post("/calls/-/conference")
    ended = await alice.post("/calls/-/end-conference")
    assert (ended["id"], ended["outcome"]) == (held, "ended")
    assert await alice.get("/calls") == []


@pytest.mark.feature("CALL-18", "ACC-01")
async def test_a_handset_that_the_hub_does_not_watch_is_not_waited_for(tmp_path: Path) -> None:
    of = scenario.read(SCENARIO.encode(), "three.yaml").office
    async with running_desk(tmp_path, users=("alice",), office=of) as desk:
        await desk.hub.accounts["alice"].sign_in(handsets=["alice-desk"])
        await desk.phone.dial("102")
        desk.office.pick_up("bob-desk")
        await desk.events.type("answer")
        told = await desk.phone.hand_off("alice-mobile")
        assert [leg.leg.device for leg in told.legs] == ["alice-desk"]
        desk.office.pick_up("alice-mobile")
        assert (await desk.events.type("end")).call.outcome == "elsewhere"
