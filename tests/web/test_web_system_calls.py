from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from web_host import PLAN

from hub.core.boards import Permission, SystemCall, SystemCalls
from hub.core.call import CallState, Party
from hub.core.signals import BoardSignal

if TYPE_CHECKING:
    import httpx
    from web_host import Office

pytestmark = pytest.mark.feature("QUEUE-06")

NOW = datetime.now(UTC)


def call(name: str, ago: float, state: CallState, originator: Party, destination: Party) -> SystemCall:
    started = NOW - timedelta(seconds=ago)
    return SystemCall(id=name, started=started, state=state, originator=originator, destination=destination)


def party(name: str, number: str) -> Party:
    return Party(PLAN.number(number), name)


CALLS = (
    call("b", 200, CallState.HOLD, party("ann", "+15855550002"), party("Zoe", "101")),
    call("a", 300, CallState.CONNECTED, party("Bea", "+15855550001"), party("", "102")),
    call("c", 100, CallState.ALERTING, party("Ann", "+15855550001"), party("adam", "103")),
)


async def shown(office: Office) -> None:
    board = SystemCalls(permission=Permission.FULL, calls=CALLS)
    office.lines["alice"].told.put_nowait(BoardSignal(now=board, at=datetime.now(UTC)))
    await office.until(lambda: "system_calls" in office.phones["alice"].boards)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("start", "abc"),  # the one that began first
        ("duration", "cba"),  # the shortest
        ("originator", "cba"),  # Ann before ann by the number, whatever the case
        ("destination", "acb"),  # no name before any
        ("state", "cab"),  # alerting, connected, hold
    ],
)
async def test_system_calls_are_listed_in_each_order(
    alice: httpx.AsyncClient, office: Office, order: str, names: str
) -> None:
    await shown(office)
    listed = (await alice.get("/system-calls", params={"sort": order})).json()
    assert "".join(one["id"] for one in listed) == names
    listed = (await alice.get("/system-calls", params={"sort": order, "descending": True})).json()
    assert "".join(one["id"] for one in listed) == names[::-1]


async def test_system_calls_come_by_their_start_and_in_no_other_order(alice: httpx.AsyncClient, office: Office) -> None:
    await shown(office)
    listed = (await alice.get("/system-calls")).json()
    assert [one["id"] for one in listed] == ["a", "b", "c"]
    durations = [one["duration"] for one in listed]
    assert durations[0] >= 300
    assert [durations[0] - duration for duration in durations] == pytest.approx([0, 100, 200], abs=1)
    assert (await alice.get("/system-calls", params={"sort": "colour"})).status_code == 422
