"""Calls to store: one by hand, and whatever hypothesis thinks of."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from sqlalchemy import MetaData

from hub.clock import SystemClock
from hub.core.call import Call, CallState, Contact, Direction, Leg, LegState, Network, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.rules.record import ActionRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from hub.store.store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOB = Party(Number("5855551234", NumberKind.EXTERNAL, "+15855551234", "(585) 555-1234"), "Bob Söderström")


class NextDay(SystemClock):
    """A clock that stands on the day after the samples."""

    def now(self) -> datetime:
        return NOON + timedelta(days=1)


@asynccontextmanager
async def busy(store: Store) -> AsyncIterator[None]:
    """Keep the store's thread at work, so that everything else has to wait."""
    loop, started, done = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def work(_: Connection) -> None:
        loop.call_soon_threadsafe(started.set)
        done.wait()

    probe = await store.database("probe", MetaData())
    working = asyncio.create_task(probe.run(work))
    await started.wait()
    try:
        yield
    finally:
        done.set()
        await working


def ringing(name: str = "1", user: str = "alice", **changes: Any) -> Call:
    call = Call(
        id=f"{name}.{user}",
        conversation=name,
        user=user,
        direction=Direction.INBOUND,
        state=CallState.ALERTING,
        party=BOB,
        started=NOON,
        dialled=Party(Number("100", NumberKind.EXTENSION), "Sales"),
        device="desk",
        line="2",
        queue="support",
        counts=(("ring", 1),),
    )
    return replace(call, **changes)


def over(call: Call, outcome: Outcome = Outcome.ENDED, *, talked: float = 0) -> Call:
    ended = call.started + timedelta(seconds=10 + talked)
    answered = call.started + timedelta(seconds=10) if talked else None
    counts = (*call.counts, ("end", 1))
    return replace(call, state=CallState.NULL, outcome=outcome, answered=answered, ended=ended, counts=counts)


def action(key: str = "k", user: str = "alice", **changes: Any) -> ActionRecord:
    record = ActionRecord(
        key=key, user=user, rule="rules/10-crm.yaml", name="Open the CRM", action="open_url", event="ring", status="ok",
        started=NOON, duration=0.25, call="1.alice", detail="https://crm.example/?q=1", output="", exit_status=None,
    )  # fmt: skip
    return replace(record, **changes)


TEXT = st.text(st.characters(codec=None), max_size=20)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the zone is beside
NUMBERS = st.builds(Number, TEXT, st.sampled_from(NumberKind), TEXT, TEXT)
PARTIES = st.builds(Party, NUMBERS, TEXT)
PARTS = st.none() | st.floats(0, 1)
NETWORKS = st.none() | st.builds(Network, codec=TEXT, jitter=PARTS, loss=PARTS, mos=st.none() | st.floats(1, 5))
LEGS = st.builds(
    Leg, id=TEXT, conversation=TEXT, device=TEXT, direction=st.sampled_from(Direction), party=PARTIES, started=TIMES,
    dialled=PARTIES, line=TEXT, queue=TEXT, internal=st.booleans(), network=NETWORKS,
)  # fmt: skip
CONTACTS = st.builds(
    Contact, id=TEXT, name=TEXT, company=TEXT, source=TEXT, groups=st.tuples(TEXT, TEXT), favourite=st.booleans(),
    link=TEXT,
)  # fmt: skip
CALLS = st.builds(
    Call, id=TEXT, conversation=TEXT, user=st.just("alice"), direction=st.sampled_from(Direction),
    state=st.sampled_from(CallState), party=PARTIES, started=TIMES, answered=st.none() | TIMES, ended=st.none() | TIMES,
    outcome=st.none() | st.sampled_from(Outcome), dialled=PARTIES, device=TEXT, line=TEXT, queue=TEXT,
    internal=st.booleans(), ignored=st.booleans(), network=NETWORKS, contacts=st.lists(CONTACTS, max_size=2).map(tuple),
    legs=st.lists(
        st.builds(LegState, leg=LEGS, state=st.sampled_from(CallState), answered=st.none() | TIMES), max_size=3
    ).map(tuple),
    counts=st.lists(st.tuples(TEXT, st.integers(0, 100)), max_size=3).map(tuple),
)  # fmt: skip
