from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from call_samples import NOON, NextDay, action, busy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from hub.store.store import Keep, Limits, Store

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from conftest import OpenStore


@pytest.mark.feature("RULE-08")
async def test_a_key_is_claimed_once_by_whoever_comes_first(store: Store) -> None:
    answers = await asyncio.gather(*(store.claim("call:ring:1:rule:0") for _ in range(20)))
    assert answers.count(True) == 1
    assert not await store.claim("call:ring:1:rule:0")
    assert await store.claim("call:ring:2:rule:0")


@pytest.mark.feature("RULE-08")
async def test_a_claim_holds_after_a_restart(open_store: OpenStore) -> None:
    first = await open_store()
    assert await first.claim("k")
    await first.close()
    second = await open_store()
    assert not await second.claim("k")


@pytest.mark.feature("RULE-08")
async def test_a_claim_is_in_the_database_when_it_is_granted(path: Path, store: Store) -> None:
    assert await store.claim("k")
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT key FROM claims").fetchall() == [("k",)]


async def test_many_that_wait_share_a_transaction(store: Store) -> None:
    begun: list[str] = []
    async with busy(store):
        event.listen(store._engine, "begin", lambda _: begun.append("one"))
        waiting = [asyncio.create_task(store.claim(f"k{number}")) for number in range(200)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == [True] * 200
    assert begun == ["one"]


@pytest.mark.feature("RULE-08")
async def test_no_claim_is_lost_while_the_thread_takes_those_before_it(store: Store) -> None:
    async def claim_many(who: int) -> int:
        return sum([await store.claim(f"{who}.{number}") for number in range(400)])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # the two threads meet at every line
    try:
        assert await asyncio.gather(*(claim_many(who) for who in range(20))) == [400] * 20
    finally:
        sys.setswitchinterval(usual)


async def test_a_claim_nobody_waits_for_any_more_is_not_made(store: Store) -> None:
    async with busy(store):
        given_up = asyncio.create_task(store.claim("k"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await store.claim("k")


@pytest.mark.feature("RULE-08")
async def test_old_claims_are_forgotten(open_store: OpenStore) -> None:
    class LaterClock(NextDay):
        days = 0

        def now(self) -> datetime:
            return NOON + timedelta(days=self.days)

    clock = LaterClock()
    store = await open_store(clock=clock, keep=Keep(claims=timedelta(days=30)), limits=Limits(tidy_after=1))
    assert await store.claim("old")
    clock.days = 29
    assert await store.claim("new")
    assert not await store.claim("old")
    clock.days = 31
    assert await store.claim("newer")
    assert await store.claim("old")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.text(st.characters(codec=None), max_size=3), max_size=30))
def test_any_text_is_claimed_at_most_once(tmp_path_factory: pytest.TempPathFactory, keys: list[str]) -> None:
    folder = tmp_path_factory.mktemp("claims")

    async def claim_all() -> None:
        store = Store(f"sqlite:///{folder / 'hub.sqlite3'}")
        await store.open()
        granted = await asyncio.gather(*(store.claim(key) for key in keys))
        again = await asyncio.gather(*(store.claim(key) for key in keys))
        await store.close()
        by_key = [key for key, first in zip(keys, granted, strict=True) if first]
        assert len(by_key) == len(set(by_key))
        assert not any(again)
        clean = {key for key in keys if key.isalnum() and key.isascii()}
        assert clean <= set(by_key)

    asyncio.run(claim_all())


@pytest.mark.feature("RULE-12")
async def test_the_action_history_tells_what_ran(store: Store) -> None:
    ran = action(
        "k1", name="Tell me", action="run", status="failed", detail="notify-send Bob", output="no display\ud800",
        exit_status=1, duration=1.5,
    )  # fmt: skip
    await store.record_action(ran)
    await store.record_action(action("k2", rule="other", started=NOON + timedelta(minutes=1), call=""))
    await store.record_action(action("k3", user="bob"))
    await store.record_action(action("k1", status="ok"))
    await store.flush()
    newest, oldest = await store.actions("alice")
    assert (newest.key, newest.rule, newest.call) == ("k2", "other", "")
    assert oldest.output == "no display\ufffd"
    assert (oldest.status, oldest.exit_status, oldest.duration, oldest.started) == ("failed", 1, 1.5, NOON)
    assert (oldest.name, oldest.action, oldest.event, oldest.detail) == ("Tell me", "run", "ring", "notify-send Bob")


@pytest.mark.feature("RULE-12")
async def test_actions_are_found_by_rule_call_and_time(store: Store) -> None:
    for number in range(4):
        at = NOON + timedelta(minutes=number)
        await store.record_action(action(f"k{number}", rule=f"rule {number % 2}", call=f"call {number}", started=at))
    await store.flush()
    assert [record.key for record in await store.actions("alice", rule="rule 1")] == ["k3", "k1"]
    assert [record.key for record in await store.actions("alice", call="call 2")] == ["k2"]
    assert [record.key for record in await store.actions("alice", since=NOON + timedelta(minutes=2))] == ["k3", "k2"]
    assert [record.key for record in await store.actions("alice", limit=1)] == ["k3"]


@pytest.mark.feature("RULE-12")
async def test_actions_are_found_by_the_name_of_their_rules_file(store: Store) -> None:
    for key, rule in (("k1", "user/10-crm.yaml"), ("k2", "user/110-crm.yaml"), ("k3", "central/10_crm.yaml")):
        await store.record_action(action(key, rule=rule))
    await store.flush()
    assert [record.key for record in await store.actions("alice", rule="10-crm.yaml")] == ["k1"]
    assert [record.key for record in await store.actions("alice", rule="10_crm.yaml")] == ["k3"]
    assert [record.key for record in await store.actions("alice", rule="user/110-crm.yaml")] == ["k2"]
