"""Queues over the HTTP API of a hub: whom each distribution calls, and what agents and supervisors can see and do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from over_http import over_http

from hub.sim import scenario
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from over_http import User

    from hub.testing.harness import Desk

AGENTS = ("ann", "ben", "cat")
OFFICE = """\
office: {name: Queues, lines: [L1, L2, L3, L4, L5, L6], orbits: ["801"]}
users:
  ann: {extension: 101, password: ann-sim, pin: 2580, handsets: {ann-desk: {}}}
  ben: {extension: 102, password: ben-sim, pin: 2581, handsets: {ben-desk: {}}}
  cat: {extension: 103, password: cat-sim, pin: 2582, handsets: {cat-desk: {}}}
  sue: {extension: 104, password: sue-sim, pin: 2583, handsets: {sue-desk: {}}}
queues:
  Help:
    description: Help for customers
    extension: 700
    distribution: DISTRIBUTION
    agents: [ann, ben, cat]
    signed_in: [SIGNED_IN]
    supervisors: [sue]
    ring: 600
    wrap_up: WRAP_UP
numbers: {"100": {name: Help, route: [{queue: Help}]}}
"""


class Centre:
    """The office's people, who work over HTTP, and the callers outside."""

    def __init__(self, desk: Desk, users: list[User]) -> None:
        self.desk = desk
        self.ann, self.ben, self.cat, self.sue = users
        self.by_name = dict(zip((*AGENTS, "sue"), users, strict=True))

    def call(self, name: str = "Jane") -> str:
        return self.desk.office.call("+15855551234", name, to="100")

    async def rings_at(self, nth: int, times: int = 1) -> list[str]:
        """Return at whom the calls ring, once so many rings more than those before were told."""
        found = await self.desk.events.until(
            lambda events: (
                [one for one in events if one.type == "ring"][nth : nth + times]
                if sum(one.type == "ring" for one in events) >= nth + times
                else []
            )
        )
        return sorted(event.user for event in found)

    async def serve(self, nth: int) -> str:
        """Let a caller be served by whoever is called, and hang up; return who that was."""
        caller = self.call()
        (who,) = await self.rings_at(nth)
        await self.by_name[who].post("/calls/-/answer")
        self.desk.office.hang_up(caller)
        await self.until(who, "idle")
        return who

    async def until(self, user: str, state: str) -> Any:
        """Return the user's own view as an agent, once it shows this state."""
        await self.desk.events.until(lambda _: self.desk.hub.phones[user].boards["agent"].state == state)  # type: ignore[attr-defined]  of an agent
        return await self.by_name[user].get("/agent")

    async def queue(self, user: str = "sue") -> Any:
        (queue,) = await self.by_name[user].get("/queues")
        return queue


@pytest.fixture
async def centre(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Centre]:
    how: dict[str, str] = {"distribution": "linear", "signed_in": "ann, ben, cat", "wrap_up": "0"}
    text = OFFICE
    for word, value in (how | getattr(request, "param", {})).items():
        text = text.replace(word.upper(), value)
    office = scenario.read(text.encode(), "queues.yaml").office
    people = (*AGENTS, "sue")
    async with running_desk(tmp_path, users=people, office=office) as desk, over_http(desk, *people) as users:
        yield Centre(desk, users)


def distributed(how: str, **more: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("centre", [{"distribution": how, **more}], indirect=True, ids=[how])


@pytest.mark.feature("QUEUE-01", "CALL-19")
@distributed("ring_all")
async def test_a_ring_all_queue_calls_everybody_and_shows_no_count(centre: Centre) -> None:
    caller = centre.call()
    assert await centre.rings_at(0, 3) == ["ann", "ben", "cat"]
    await centre.ben.post("/calls/-/answer")
    await centre.desk.events.type("end", 2)
    await centre.desk.hub.store.flush()
    assert (await centre.ann.get("/history"))[0]["outcome"] == "elsewhere"
    assert (await centre.ben.get("/calls"))[0]["queue"] == "Help"
    shown = await centre.queue()
    assert (shown["distribution"], shown["agents"], shown["description"]) == ("ring_all", None, "Help for customers")
    centre.desk.office.hang_up(caller)


@pytest.mark.feature("QUEUE-01")
@distributed("linear")
async def test_a_linear_queue_calls_the_first_who_is_free(centre: Centre) -> None:
    assert [await centre.serve(nth) for nth in range(2)] == ["ann", "ann"]
    await centre.ann.put("/agent/state", state="busy", reason="lunch")
    await centre.until("ann", "busy")
    assert await centre.serve(2) == "ben"
    assert (await centre.queue())["agents"] == 3


@pytest.mark.feature("QUEUE-01")
@distributed("round_robin")
async def test_a_round_robin_queue_calls_one_after_the_other(centre: Centre) -> None:
    assert [await centre.serve(nth) for nth in range(4)] == ["ann", "ben", "cat", "ann"]
    assert (await centre.queue())["distribution"] == "round_robin"


@pytest.mark.feature("QUEUE-01")
@distributed("longest_idle")
async def test_a_longest_idle_queue_calls_who_has_waited_longest(centre: Centre) -> None:
    assert await centre.serve(0) == "ann"
    await centre.ben.put("/agent/state", state="busy", reason="tea")
    await centre.until("ben", "busy")
    await centre.ben.post("/agent/sign-in", pin="2581")
    await centre.until("ben", "idle")
    assert [await centre.serve(nth) for nth in range(1, 4)] == ["cat", "ann", "ben"]


@pytest.mark.feature("QUEUE-01")
@distributed("linear", signed_in="ann")
async def test_callers_who_wait_are_counted_live_with_the_longest_wait(centre: Centre) -> None:
    served = centre.call("First")
    await centre.rings_at(0)
    await centre.ann.post("/calls/-/answer")
    quiet = await centre.queue()
    assert (quiet["waiting"], quiet["waiting_since"]) == (0, None)
    waiting = [centre.call("Second"), centre.call("Third")]

    async def shown(callers: int) -> Any:
        def is_so(_: object) -> bool:
            return centre.desk.hub.phones["sue"].boards["queues"].queues[0].waiting == callers  # type: ignore[attr-defined]  of queues

        await centre.desk.events.until(is_so)
        return await centre.queue()

    two = await shown(2)
    centre.desk.office.hang_up(waiting[0])
    one = await shown(1)
    assert datetime.fromisoformat(one["waiting_since"]) >= datetime.fromisoformat(two["waiting_since"])
    assert await centre.queue("ben") == {**one, "signed_in": False, "supervises": False}
    for leg in (served, waiting[1]):
        centre.desk.office.hang_up(leg)


@pytest.mark.feature("QUEUE-02")
@distributed("linear", signed_in="")
async def test_agents_sign_in_and_out_with_their_pin_and_are_counted(centre: Centre) -> None:
    assert (await centre.queue())["agents"] == 0
    await centre.ann.post("/agent/sign-in", pin="1111", refused="wrong_pin")
    await centre.ann.post("/agent/sign-in", pin="2580", queues=["Sales"], refused="unknown_queue")
    assert (await centre.ann.get("/agent"))["state"] == "signed_out"
    assert await centre.ann.post("/agent/sign-in", pin="2580", queues=["Help"]) == {"queues": ["Help"]}
    assert (await centre.until("ann", "idle"))["queues"] == ["Help"]
    await centre.ben.post("/agent/sign-in", pin="2581")
    await centre.until("ben", "idle")
    assert (await centre.queue())["agents"] == 2
    assert (await centre.queue("ann"))["signed_in"] is True
    await centre.ann.post("/agent/sign-out", pin="2581", refused="wrong_pin")
    await centre.ann.post("/agent/sign-out", pin="2580")
    await centre.until("ann", "signed_out")
    assert (await centre.queue())["agents"] == 1


@pytest.mark.feature("QUEUE-03", "QUEUE-04")
@distributed("linear", wrap_up="600")
async def test_what_an_agent_can_change_by_hand_and_what_the_supervisor_sees(centre: Centre) -> None:
    ann = centre.ann

    async def becomes(state: str, reason: str = "") -> None:
        await ann.put("/agent/state", state=state, reason=reason)
        assert (await centre.until("ann", state))["reason"] == reason

    async def cannot(now: str) -> Any:
        """Check that nothing can be changed by hand now; return what the supervisor sees."""
        await centre.until("ann", now)
        for state in ("idle", "busy"):
            await ann.refused_put("/agent/state", "wrong_state", state=state, reason="")
        return next(agent for agent in await centre.sue.get("/agents") if agent["user"] == "ann")

    await becomes("busy", "lunch")
    await becomes("busy", "meeting")
    await ann.refused_put("/agent/state", "wrong_state", state="idle", reason="")
    await ann.post("/agent/sign-in", pin="2580")
    await centre.until("ann", "idle")
    caller = centre.call()
    seen = await cannot("ringing")
    assert (seen["queue"], seen["queues"]) == ("Help", ["Help"])
    await ann.post("/calls/-/answer")
    assert datetime.fromisoformat((await cannot("on_call"))["since"]) >= datetime.fromisoformat(seen["since"])
    await ann.post("/calls/-/hold")
    await cannot("on_hold")
    centre.desk.office.hang_up(caller)
    assert (await centre.until("ann", "wrap_up"))["until"] is not None
    await becomes("idle")
    again = centre.call()
    await centre.until("ann", "ringing")
    await ann.post("/calls/-/answer")
    centre.desk.office.hang_up(again)
    await centre.until("ann", "wrap_up")
    await becomes("busy", "tea")
    dialled = (await ann.post("/calls", number="104"))["call"]["id"]
    await cannot("in_use")
    await ann.post(f"/calls/{dialled}/end")
    await centre.until("ann", "busy")
    seen = next(agent for agent in await centre.sue.get("/agents") if agent["user"] == "ann")
    assert (seen["state"], seen["reason"]) == ("busy", "tea")
    await ann.refused_get("/agents", "forbidden")


@pytest.mark.feature("QUEUE-05", "CALL-14")
async def test_parked_calls_are_seen_with_orbit_caller_and_waiting_time_and_taken(centre: Centre) -> None:
    caller = centre.call("Jane Customer")
    await centre.rings_at(0)
    await centre.ann.post("/calls/-/answer")
    assert (await centre.ann.post("/calls/-/park"))["orbit"] == "801"
    await centre.desk.events.type("parked", 4)
    for user in (centre.ann, centre.sue):
        (parked,) = (await user.get("/phone"))["boards"]["parked"]["calls"]
        assert (parked["orbit"], parked["party"]["name"], parked["by"]) == ("801", "Jane Customer", "ann")
        assert datetime.fromisoformat(parked["since"]).tzinfo is not None
    await centre.sue.post("/retrieve", orbit="802", refused="unknown_call")
    taken = (await centre.sue.post("/retrieve", orbit="801"))["call"]
    assert (taken["state"], taken["party"]["name"]) == ("connected", "Jane Customer")
    await centre.desk.events.type("parked", 8)
    assert (await centre.ann.get("/phone"))["boards"]["parked"]["calls"] == []
    centre.desk.office.hang_up(caller)
