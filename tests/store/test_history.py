from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from call_samples import CALLS, NOON, NextDay, action, over, ringing
from hypothesis import given
from sqlalchemy import MetaData

from hub.core.call import Contact, Direction, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.errors import UserError
from hub.events import plain
from hub.store import call_json
from hub.store.reader import Reader
from hub.store.store import Keep, Limits, Query, Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenStore

    from hub.core.call import Call


@pytest.mark.feature("HIST-01")
async def test_a_call_has_one_line_with_all_that_is_told_of_it(store: Store) -> None:
    store.record_call(ringing(), "mark-1")
    await store.flush()
    (entry,) = await store.calls("alice")
    assert (entry.outcome, entry.ended, entry.duration) == (None, None, None)

    store.record_call(over(ringing(), talked=65.5), "mark-2")
    await store.flush()
    (entry,) = await store.calls("alice")
    assert (entry.id, entry.user, entry.conversation) == ("1.alice", "alice", "1")
    assert (entry.name, entry.number, entry.e164) == ("Bob Söderström", "5855551234", "+15855551234")
    assert (entry.direction, entry.outcome, entry.duration) == (Direction.INBOUND, Outcome.ENDED, 65.5)
    assert (entry.started, entry.answered) == (NOON, NOON + timedelta(seconds=10))
    assert (entry.device, entry.line, entry.queue, entry.internal) == ("desk", "2", "support", False)
    assert (entry.dnis, entry.dnis_name, entry.notes) == ("100", "Sales", ())


@pytest.mark.feature("HIST-01")
async def test_an_unanswered_call_lasted_no_time(store: Store) -> None:
    store.record_call(over(ringing(), Outcome.MISSED))
    await store.flush()
    (entry,) = await store.calls("alice")
    assert (entry.outcome, entry.duration, entry.answered) == (Outcome.MISSED, 0.0, None)


@pytest.mark.feature("HIST-01")
async def test_the_contacts_name_stands_in_the_history(store: Store) -> None:
    store.record_call(ringing(contacts=(Contact(id="7", name="Robert S."),)))
    await store.flush()
    assert [entry.name for entry in await store.calls("alice")] == ["Robert S."]
    assert await store.calls("alice", search="bob")


@pytest.mark.feature("HIST-01")
async def test_the_newest_calls_come_first_and_can_be_asked_for(store: Store) -> None:
    for hour in range(5):
        started = NOON + timedelta(hours=hour)
        call = ringing(str(hour), started=started, direction=Direction.OUTBOUND if hour == 3 else Direction.INBOUND)
        store.record_call(over(call, Outcome.MISSED if hour % 2 else Outcome.ENDED))
    await store.flush()

    async def found(**wanted: object) -> str:
        return "".join(entry.conversation for entry in await store.calls("alice", **wanted))

    assert await found() == "43210"
    assert await found(limit=2) == "43"
    assert await found(since=NOON + timedelta(hours=2)) == "432"
    assert await found(until=NOON + timedelta(hours=2)) == "10"
    assert await found(outcome=Outcome.MISSED) == "31"
    assert await found(direction=Direction.OUTBOUND) == "3"
    assert [call.conversation for call in await store.past_calls("alice", limit=2)] == ["4", "3"]


@pytest.mark.feature("HIST-01")
@pytest.mark.parametrize(
    "search",
    ["bob", "SÖDER", "5551234", "555-1234", "+1 585 555 1234", "(585) 555", "sales", "Support", "called back", " bob "],
)
async def test_calls_are_found_by_name_number_queue_and_note(store: Store, search: str) -> None:
    stranger = Party(Number("+493012345", NumberKind.EXTERNAL, "+493012345", "+49 30 12345"), "100% _Ana\\")
    store.record_call(over(ringing("1")))
    store.record_call(over(ringing("2", party=stranger, queue="", dialled=Party())))
    await store.add_note("alice", "1.alice", "Called back, all well")
    assert [entry.conversation for entry in await store.calls("alice", search=search)] == ["1"]


@pytest.mark.feature("HIST-01")
@pytest.mark.parametrize(("search", "found"), [("%", 1), ("_", 1), ("\\", 1), ("'", 0), ("--", 0), ("\0", 0)])
async def test_search_takes_signs_as_themselves(store: Store, search: str, found: int) -> None:
    stranger = Party(Number("", NumberKind.WITHHELD), "100% _Ana\\")
    store.record_call(over(ringing("1")))
    store.record_call(over(ringing("2", party=stranger)))
    await store.flush()
    assert len(await store.calls("alice", search=search)) == found


@pytest.mark.feature("HIST-01")
async def test_notes_are_added_to_a_call_in_order(store: Store) -> None:
    store.record_call(ringing())
    await store.add_note("alice", "1.alice", "first")
    await store.add_note("alice", "1.alice", "second\0\ud800")
    (entry,) = await store.calls("alice")
    assert [note.text for note in entry.notes] == ["first", "second\ufffd\ufffd"]
    with pytest.raises(LookupError):
        await store.add_note("alice", "2.alice", "no such call")
    with pytest.raises(LookupError):
        await store.add_note("mallory", "1.alice", "not hers")


@pytest.mark.feature("HIST-01")
async def test_users_do_not_see_each_others_rows(store: Store) -> None:
    for user in ("alice", "bob"):
        store.record_call(replace(ringing("1", user), id="same-id"), f"mark of {user}")
        await store.record_action(action(f"key of {user}", user))
    await store.add_note("bob", "same-id", "bob's own")
    for user in ("alice", "bob"):
        assert [entry.user for entry in await store.calls(user)] == [user]
        assert [call.user for call in await store.open_calls(user)] == [user]
        assert await store.mark(user) == f"mark of {user}"
        assert [record.user for record in await store.actions(user)] == [user]
    assert await store.calls("alice", search="own") == []
    (entry,) = await store.calls("alice")
    assert entry.notes == ()
    assert await store.calls("carol") == []
    assert await store.mark("carol") == ""


@pytest.mark.feature("CALL-21")
async def test_open_calls_and_their_mark_come_back_whole(open_store: OpenStore) -> None:
    first = await open_store()
    first.record_call(over(ringing("1")), "m1")
    first.record_call(ringing("2", contacts=(Contact(id="7", name="Bob", groups=("vip",)),)), "m2")
    first.record_call(ringing("3", started=NOON - timedelta(hours=1)), "m3")
    first.record_mark("alice", "m4")
    await first.close()

    second = await open_store()
    assert [call.conversation for call in await second.open_calls("alice")] == ["3", "2"]
    assert (await second.open_calls("alice"))[1] == ringing(
        "2", contacts=(Contact(id="7", name="Bob", groups=("vip",)),)
    )
    assert await second.former_calls("alice") == ["1.alice"]
    assert await second.mark("alice") == "m4"


@given(CALLS)
def test_any_call_comes_back_from_its_json(call: Call) -> None:
    assert call_json.from_text(call_json.to_text(call)) == call
    assert json.loads(call_json.to_text(call)) == json.loads(json.dumps(plain(call)))


@pytest.mark.feature("HIST-01")
async def test_any_call_can_be_stored_and_comes_back(store: Store) -> None:
    stored: dict[str, Call] = {}

    @given(CALLS)
    def store_it(call: Call) -> None:
        call = replace(call, id=f"{len(stored)}-{call.id[:5]}", ended=None)
        stored[call.id] = call
        store.record_call(call, "m")

    store_it()
    await store.flush()
    assert {call.id: call for call in await store.open_calls("alice")} == stored
    entries = await store.calls("alice", limit=1000)
    assert len(entries) == len(stored)
    assert all("\0" not in entry.name for entry in entries)


def test_a_call_of_a_newer_version_is_read() -> None:
    text = call_json.to_text(ringing())
    assert call_json.from_text(text.replace('{"id"', '{"brand_new":[1],"id"', 1)) == ringing()


@pytest.mark.feature("HIST-01")
async def test_history_is_limited_by_count_for_each_user(open_store: OpenStore) -> None:
    store = await open_store(keep=Keep(most_calls=3), limits=Limits(tidy_after=1))
    await store.claim("the first tidying is done")
    store.record_call(ringing("open", started=NOON - timedelta(days=9)))
    for hour in range(6):
        store.record_call(over(ringing(str(hour), started=NOON + timedelta(hours=hour))))
    store.record_call(over(ringing("0", "bob")))
    await store.flush()
    await store.add_note("alice", "5.alice", "kept")
    await store.claim("and once more")
    await store.flush()
    assert [entry.conversation for entry in await store.calls("alice")] == ["5", "4", "3", "open"]
    assert [entry.conversation for entry in await store.calls("bob")] == ["0"]
    assert (await store.calls("alice"))[0].notes[0].text == "kept"


@pytest.mark.feature("HIST-01")
async def test_history_is_limited_by_age(open_store: OpenStore) -> None:
    store = await open_store(
        keep=Keep(calls=timedelta(days=30), actions=timedelta(days=30)), limits=Limits(tidy_after=1)
    )
    now = NextDay().now()
    store.record_call(over(ringing("old", started=now - timedelta(days=31))))
    store.record_call(over(ringing("new", started=now - timedelta(days=29))))
    await store.record_action(action("old", started=now - timedelta(days=31)))
    await store.record_action(action("new", started=now - timedelta(days=29)))
    await store.flush()
    assert [entry.conversation for entry in await store.calls("alice")] == ["new"]
    assert [record.key for record in await store.actions("alice")] == ["new"]


@pytest.mark.feature("HIST-01")
async def test_the_files_are_readable_by_their_owner_only(path: Path, open_store: OpenStore) -> None:
    store = await open_store()
    store.record_call(ringing())
    await store.flush()
    assert _modes(path.parent) == (0o700, [0o600, 0o600, 0o600])


async def test_rights_that_others_had_are_taken_away(tmp_path: Path, open_store: OpenStore) -> None:
    file = tmp_path / "open to all.sqlite3"
    file.touch()
    file.chmod(0o666)
    await open_store(url=f"sqlite:///{file}")
    assert set(_modes(tmp_path)[1]) == {0o600}


@pytest.mark.feature("HIST-01")
async def test_another_process_reads_while_the_hub_writes(path: Path, store: Store) -> None:
    store.record_call(over(ringing("1")))
    await store.flush()
    reader = Reader(f"sqlite:///{path}")
    reader.check()
    assert [entry.conversation for entry in reader.entries(Query(user="alice"))] == ["1"]
    writing = await store.database("probe", MetaData())
    seen = await writing.run(lambda _: len(reader.entries(Query(user="alice"))))
    assert seen == 1, "a reader does not wait for a transaction that writes"
    reader.close()


def test_reading_before_there_is_anything_says_so(path: Path) -> None:
    reader = Reader(f"sqlite:///{path}")
    with pytest.raises(UserError, match="no history yet"):
        reader.check()
    path.parent.mkdir()
    path.touch()
    with pytest.raises(UserError, match=r"revision none.*phonehub run"):
        reader.check()
    reader.close()


async def test_two_stores_in_one_process_keep_apart(path: Path, open_store: OpenStore) -> None:
    one, other = await open_store(), await open_store(url=f"sqlite:///{path.with_name('other.sqlite3')}")
    one.record_call(ringing("1"), "m1")
    other.record_call(ringing("2"), "m2")
    await one.flush()
    await other.flush()
    assert [entry.conversation for entry in await one.calls("alice")] == ["1"]
    assert [entry.conversation for entry in await other.calls("alice")] == ["2"]
    assert await one.claim("k")
    assert await other.claim("k")


async def test_two_stores_on_one_database_see_each_others_claims(open_store: OpenStore) -> None:
    one, other = await open_store(), await open_store()
    assert [await one.claim("k"), await other.claim("k")] == [True, False]


def _modes(folder: Path) -> tuple[int, list[int]]:
    files = [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()]
    return stat.S_IMODE(folder.stat().st_mode), files
