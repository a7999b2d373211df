from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_office import office

from hub.core.call import CallState, Outcome
from hub.testing.harness import running, running_desk, simulated_office, write_config

if TYPE_CHECKING:
    from pathlib import Path

TEN = tuple(f"phone-{n}" for n in range(10))


@pytest.mark.feature("CALL-19", "CALL-02", "HIST-01")
async def test_ten_devices_ring_once_and_one_answers(tmp_path: Path) -> None:
    async with (
        simulated_office(office(TEN)) as outside,
        running(write_config(tmp_path, outside.server)) as (hub, heard),
    ):
        caller = outside.call()
        await heard.type("ring")
        await heard.until(lambda _: len(hub.phones["alice"].calls[0].legs) == len(TEN))
        outside.pick_up("phone-7")
        answer = await heard.type("answer")
        assert answer.call.device == "phone-7"
        await heard.until(lambda _: len(hub.phones["alice"].calls[0].legs) == 1)
        outside.hang_up(caller)
        await heard.type("end")
        assert heard.keys() == ["alice:ring:1", "alice:answer:1", "alice:end:1"]
        await hub.store.flush()
        (entry,) = await hub.store.calls("alice")
        assert (entry.name, entry.e164, entry.outcome, entry.device) == (
            "Ada Caller", "+15855551234", Outcome.ENDED, "phone-7",
        )  # fmt: skip


@pytest.mark.feature("CALL-19", "HIST-01")
async def test_somebody_else_answers_and_the_call_is_elsewhere_once(tmp_path: Path) -> None:
    async with (
        simulated_office(office(TEN, group=True)) as outside,
        running(write_config(tmp_path, outside.server, ("alice", "bob"))) as (hub, heard),
    ):
        outside.call()
        await heard.type("ring", 2)
        await hub.phones["bob"].answer()
        end = await heard.type("end")
        assert (end.user, end.call.outcome) == ("alice", Outcome.ELSEWHERE)
        assert hub.phones["alice"].calls == ()
        mine = [event.type for event in heard.all if event.user == "alice" and hasattr(event, "nth")]
        assert mine == ["ring", "end"]
        (bobs,) = hub.phones["bob"].calls
        assert bobs.conversation == end.call.conversation
        assert bobs.id != end.call.id


@pytest.mark.feature("CALL-19", "ACC-01")
async def test_a_hub_that_watches_one_handset_sees_the_answer_at_another_as_elsewhere(tmp_path: Path) -> None:
    async with (
        simulated_office(office(TEN)) as outside,
        running(write_config(tmp_path, outside.server, handsets=("phone-0",))) as (_, heard),
    ):
        outside.call()
        await heard.type("ring")
        outside.pick_up("phone-3")
        end = await heard.type("end")
        assert end.call.outcome is Outcome.ELSEWHERE
        assert heard.keys() == ["alice:ring:1", "alice:end:1"]


@pytest.mark.feature("CALL-01", "CALL-02", "CALL-04", "CALL-05", "CALL-17", "ACC-06")
async def test_two_users_work_their_phones(tmp_path: Path) -> None:
    async with (
        simulated_office(office()) as outside,
        running(write_config(tmp_path, outside.server, ("alice", "bob"))) as (hub, heard),
    ):
        alice, bob = hub.phones["alice"], hub.phones["bob"]
        await alice.dial("102")
        dial = await heard.type("dial")
        assert dial.call.state is CallState.INITIATED
        await heard.type("ring")
        await bob.answer()
        await heard.type("answer", 2)
        assert {call.state for phone in (alice, bob) for call in phone.calls} == {CallState.CONNECTED}
        await bob.hold()
        await heard.type("hold")
        await bob.resume()
        await heard.type("resume")
        await alice.end()
        await heard.type("end", 2)
        assert (alice.calls, bob.calls) == ((), ())
        await bob.set_dnd(True)
        await heard.type("dnd")
        await alice.dial("102")
        await heard.type("end", 4)
        ends = {event.user: event.call for event in heard.all if event.type == "end"}
        assert (ends["alice"].outcome, ends["bob"].outcome) == (Outcome.FAILED, Outcome.MISSED)
        assert ends["alice"].conversation == ends["bob"].conversation
        assert sum(event.type == "ring" for event in heard.all) == 1


RULES = """\
- name: pop
  on: ring
  do: {note: rings}
- name: later
  on: missed
  do: {note: "call {{ call.name }} back"}
"""


@pytest.mark.feature("CALL-17", "CALL-21", "HIST-01", "RULE-03")
async def test_who_is_not_disturbed_finds_the_call_in_the_history_and_nothing_pops_up(tmp_path: Path) -> None:
    both = office(group=True)
    async with running_desk(tmp_path, office=both, rules={"dnd.yaml": RULES}) as desk:
        heard, outside = desk.events, desk.office
        await desk.phone.set_dnd(True)
        await heard.type("dnd")
        outside.hang_up(outside.call())
        await heard.type("end")
        outside.call()
        outside.pick_up("bob-desk")
        assert (await heard.type("end", 2)).call.outcome is Outcome.ELSEWHERE
        outside.drop_connections()
        outside.hang_up(outside.call("+15855550002", "While Away"))
        assert (await heard.type("end", 3)).call.name == "While Away"
        assert heard.keys() == ["alice:end:1"] * 3
        await desk.settled()
        entries = await desk.hub.store.calls("alice")
        assert [(one.name, one.outcome, one.device, [note.text for note in one.notes]) for one in entries] == [
            ("While Away", Outcome.MISSED, "", []),
            ("Ada Caller", Outcome.ELSEWHERE, "", []),
            ("Ada Caller", Outcome.MISSED, "", ["call Ada Caller back"]),
        ]


@pytest.mark.feature("CALL-03")
async def test_an_ignored_call_goes_on_elsewhere_and_can_be_answered(tmp_path: Path) -> None:
    async with (
        simulated_office(office(group=True)) as outside,
        running(write_config(tmp_path, outside.server, ("alice", "bob"))) as (hub, heard),
    ):
        outside.call()
        await heard.type("ring", 2)
        await hub.phones["alice"].ignore()
        changed = await heard.type("call_changed")
        assert changed.call.ignored
        assert hub.phones["alice"].calls[0].state is CallState.ALERTING
        assert hub.phones["bob"].calls[0].state is CallState.ALERTING
        await hub.phones["alice"].answer()
        assert (await heard.type("answer")).user == "alice"
