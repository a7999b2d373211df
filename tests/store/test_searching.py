from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from call_samples import NOON, over, ringing
from sqlalchemy import MetaData, text

from hub.core.call import Direction, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.store import search
from hub.store.store import Keep, Limits, Sort, Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenStore

    from hub.core.call import Call

NAMES = ("Ann Ångström", "ann", "Bob", "Çelik", "zoe", "Zoë", "", '"quoted" 100%', "a_b", "Łukasz\0")
NUMBERS = ("5855551234", "5855551235", "+493012345678", "101", "")


async def settle(store: Store, most: int = 100_000) -> int:
    probe = await store.database("probe", MetaData())
    return await probe.run(lambda connection: search.settle(connection, most))


def sample(number: int, chance: random.Random, user: str = "alice") -> Call:
    digits = chance.choice(NUMBERS)
    e164 = digits if digits.startswith("+") else f"+1{digits}" if len(digits) == 10 else ""
    kind = NumberKind.EXTERNAL if e164 else NumberKind.EXTENSION if digits else NumberKind.WITHHELD
    party = Party(Number(digits, kind, e164, digits), chance.choice(NAMES))
    started = NOON + timedelta(seconds=chance.randrange(40))
    call = ringing(str(number), user, party=party, started=started, direction=chance.choice(tuple(Direction)))
    return over(call, chance.choice((Outcome.ENDED, Outcome.MISSED)))


@pytest.mark.feature("HIST-02")
async def test_search_and_order_are_the_same_with_the_index_without_and_half_way(
    open_store: OpenStore, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311  no secret
    calls = [sample(number, chance, chance.choice(("alice", "alice", "bob"))) for number in range(150)]
    by_hand = Limits(settle=10_000, rest_after=600.0)
    files = (tmp_path / "fresh.db", tmp_path / "half.db", tmp_path / "settled.db")
    stores = [await open_store(url=f"sqlite:///{file}", limits=by_hand) for file in files]
    for store in stores:
        for call in calls:
            store.record_call(call)
        for call in calls[::7]:
            await store.add_note(call.user, call.id, "Wants an offer, 5855551234")
        await store.flush()
    assert await settle(stores[1], 70) == 70
    assert await settle(stores[2]) == 150
    for call in calls[1::11]:
        await stores[2].add_note(call.user, call.id, "later: Zoë")
        for store in stores[:2]:
            await store.add_note(call.user, call.id, "later: Zoë")

    searches = ("", "ann", "ANN", "zoë", "zo", "5551234", "585-555-1234", "offer, 585", "100%", '"quoted', "\0", "101",
                "łukasz\0", "nobody", "later: ", "support")  # fmt: skip
    found = 0
    for words, sort, reverse in itertools.product(searches, Sort, (False, True)):
        for more in (
            {"limit": 7, "offset": 3}, {}, {"outcome": Outcome.MISSED},
            {"since": NOON + timedelta(seconds=10), "until": NOON + timedelta(seconds=20), "direction": "inbound"},
        ):  # fmt: skip
            wanted: dict[str, Any] = {"search": words, "sort": sort, "reverse": reverse, **more}
            if "direction" in wanted:
                wanted["direction"] = Direction(wanted["direction"])
            answers = [await store.calls("alice", **wanted) for store in stores]
            assert answers[0] == answers[1] == answers[2], wanted
            found += len(answers[0])
    assert found > 1000


@pytest.mark.feature("HIST-02")
@pytest.mark.parametrize("settled", [False, True])
async def test_calls_are_sorted_by_name_and_number(store: Store, settled: bool) -> None:  # noqa: FBT001  a case
    for hour, (name, digits) in enumerate([("bob", "300"), ("Ann", "200"), ("Zoë", "100"), ("Bob", "300")]):
        party = Party(Number(digits, NumberKind.EXTENSION), name)
        store.record_call(over(ringing(str(hour), party=party, started=NOON + timedelta(hours=hour))))
    await store.flush()
    if settled:
        await settle(store)

    async def order(sort: Sort, *, reverse: bool = False) -> str:
        entries = await store.calls("alice", sort=sort, reverse=reverse)
        return "".join(entry.conversation for entry in entries)

    assert [await order(sort) for sort in Sort] == ["3210", "1302", "2130"]
    assert [await order(sort, reverse=True) for sort in Sort] == ["0123", "2031", "0312"]


@pytest.mark.feature("HIST-04")
async def test_a_long_history_is_read_in_parts_while_calls_are_added(store: Store) -> None:
    chance = random.Random(3)  # noqa: S311  no secret
    for number in range(60):
        store.record_call(sample(number, chance))
    await store.flush()
    await settle(store, 30)
    for words in ("", "555"):
        whole = [entry.id for entry in await store.calls("alice", search=words)]
        read: list[str] = []
        after: tuple[datetime, str] | None = None
        while entries := await store.calls("alice", search=words, limit=7, after=after):
            read += [entry.id for entry in entries]
            after = (entries[-1].started, entries[-1].id)
            store.record_call(over(ringing(f"new {words} {len(read)}", started=NOON + timedelta(days=1))))
            await store.flush()
        assert read == whole


@pytest.mark.feature("HIST-02")
@pytest.mark.parametrize("settled", [False, True])
async def test_a_deleted_call_is_gone_for_good(
    open_store: OpenStore,
    path: Path,
    settled: bool,  # noqa: FBT001  a case
) -> None:
    store = await open_store()
    both = [over(ringing("1", user)) for user in ("alice", "bob")]
    other = over(ringing("2", party=Party(Number("201", NumberKind.EXTENSION), "Zoë")))
    for call in (*both, other, ringing("3", party=other.party)):
        store.record_call(call)
    await store.add_note("alice", "1.alice", "a secret word")
    if settled:
        assert await settle(store) == 3
    assert not await store.delete_call("bob", "2.alice")
    assert not await store.delete_call("alice", "3.alice"), "it is not over"
    assert await store.delete_call("alice", "1.alice")
    assert not await store.delete_call("alice", "1.alice")

    store.record_call(replace(both[0], counts=(*both[0].counts, ("recording", 2))))
    await store.flush()
    await settle(store)
    assert [entry.id for entry in await store.calls("alice")] == ["3.alice", "2.alice"]
    assert await store.calls("alice", search="söderström", outcome=Outcome.ENDED) == []
    assert await store.calls("alice", search="secret") == []
    assert [entry.id for entry in await store.calls("bob", search="söderström")] == ["1.bob"]
    assert await store.call("alice", "1.alice") is None
    assert await store.entry("alice", "1.alice") is None
    assert (await store.entry("bob", "1.bob") or other).user == "bob"
    assert set(await store.former_calls("alice")) == {"1.alice", "2.alice"}, "its name is not given again"
    with pytest.raises(LookupError):
        await store.add_note("alice", "1.alice", "more")
    assert await store.delete_calls("bob") == 1
    await store.close()
    with closing(sqlite3.connect(path)) as database:
        dump = "\n".join(database.iterdump())
        columns = [row[1] for row in database.execute("PRAGMA table_info(calls)")]
        left = [dict(zip(columns, row, strict=True)) for row in database.execute("SELECT * FROM calls WHERE deleted")]
    assert len(left) == 2
    for row in left:
        assert {name for name, value in row.items() if value} == {"user", "id", "started", "ended", "deleted"}
    assert "secret word" not in dump
    assert "Bob S" not in dump
    assert "5551234" not in dump


@pytest.mark.feature("HIST-02")
async def test_all_calls_are_deleted_however_many(store: Store) -> None:
    for number in range(1201):
        store.record_call(over(ringing(str(number), started=NOON + timedelta(seconds=number))))
    store.record_call(ringing("open"))
    store.record_call(over(ringing("1", "bob")))
    await store.flush()
    await settle(store, 800)
    assert await store.delete_calls("alice", before=NOON + timedelta(seconds=1000)) == 1000
    assert await store.delete_calls("alice") == 201
    assert await store.delete_calls("alice") == 0
    assert [entry.conversation for entry in await store.calls("alice")] == ["open"]
    assert len(await store.calls("bob")) == 1


@pytest.mark.feature("HIST-01")
async def test_what_is_forgotten_is_not_found_any_more(open_store: OpenStore) -> None:
    store = await open_store(keep=Keep(most_calls=2), limits=Limits(tidy_after=1))
    for number in range(6):
        store.record_call(over(ringing(str(number), started=NOON + timedelta(seconds=number))))
    await store.flush()
    await settle(store)
    await store.delete_call("alice", "5.alice")
    store.record_call(over(ringing("7", started=NOON + timedelta(seconds=7))))
    await store.flush()
    await store.claim("once more")
    found = {entry.conversation for entry in await store.calls("alice", search="söderström")}
    assert found == {"7", "4"} == {entry.conversation for entry in await store.calls("alice")}
    probe = await store.database("probe", MetaData())
    words = await probe.run(lambda connection: connection.execute(text("SELECT count(*) FROM call_words")).scalar())
    assert words == 1, "that of a fresh call is made later"


async def test_calls_are_settled_while_the_store_rests(path: Path, open_store: OpenStore) -> None:
    store = await open_store(limits=Limits(rest_after=0.01, settle=10))
    for number in range(35):
        store.record_call(over(ringing(str(number))))
    await store.flush()
    with closing(sqlite3.connect(path)) as other:  # which the store does not have to do anything for
        while other.execute("SELECT count(*) FROM calls WHERE fresh").fetchone() != (0,):
            await asyncio.to_thread(time.sleep, 0.005)
    assert len(await store.calls("alice", search="söderström")) == 35


async def test_times_that_no_document_can_have_are_searched_all_the_same(open_store: OpenStore) -> None:
    store = await open_store(keep=Keep(calls=timedelta(days=400 * 365)))
    for number, year in enumerate((1900, 2500)):
        store.record_call(over(ringing(str(number), started=NOON.replace(year=year))))
    store.record_call(over(ringing("2")))
    await store.flush()
    assert await settle(store) == 1
    assert [entry.conversation for entry in await store.calls("alice", search="söderström")] == ["1", "2", "0"]
