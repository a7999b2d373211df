from __future__ import annotations

from call_samples import action, over, ringing
from hypothesis import given
from hypothesis import strategies as st

from hub.store.pending import Pending


def test_of_a_call_only_the_latest_state_waits() -> None:
    pending = Pending(10)
    assert not pending
    pending.add_call(ringing("1"), "m1")
    pending.add_call(ringing("2"), "m2")
    pending.add_call(over(ringing("1")), "")
    taken = pending.take()
    assert list(taken.calls.values()) == [ringing("2"), over(ringing("1"))]
    assert taken.marks == {"alice": "m2"}
    assert not pending


def test_what_is_put_back_stands_before_and_under_what_came_meanwhile() -> None:
    pending = Pending(10)
    pending.add_call(ringing("1"), "m1")
    pending.add_call(ringing("2"), "m2")
    pending.add_action(action("k1"))
    taken = pending.take()
    pending.add_call(over(ringing("1")), "m3")
    pending.add_action(action("k2"))
    pending.put_back(taken)
    assert list(pending.calls.values()) == [ringing("2"), over(ringing("1"))]
    assert pending.marks == {"alice": "m3"}
    assert [record.key for record in pending.actions] == ["k1", "k2"]


def test_calls_that_are_over_go_first_and_are_counted() -> None:
    pending = Pending(2)
    pending.add_call(ringing("open"), "")
    for number in range(3):
        pending.add_call(over(ringing(str(number))), "")
        pending.add_action(action(str(number)))
    assert [call.conversation for call in pending.calls.values()] == ["open", "2"]
    assert pending.dropped == 3
    taken = pending.take()
    for name in ("3", "4"):
        pending.add_call(ringing(name), "")
    pending.add_action(action("3"))
    pending.put_back(taken)
    assert [call.conversation for call in pending.calls.values()] == ["3", "4"]
    assert [record.key for record in pending.actions] == ["2", "3"]
    assert pending.dropped == 6


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.booleans()), max_size=40))
def test_no_order_of_events_waits_beyond_the_bound(most: int, events: list[tuple[int, bool, bool]]) -> None:
    pending, taken = Pending(most), Pending(most)
    for name, ended, turn in events:
        call = ringing(str(name))
        pending.add_call(over(call) if ended else call, "")
        if turn:
            pending.put_back(taken)
            taken = pending.take()
        assert len(pending.calls) <= most
        assert len(taken.calls) <= most


def test_each_record_can_be_had_by_itself() -> None:
    pending = Pending(10)
    pending.add_call(ringing("1"), "m1")
    pending.add_call(ringing("1", "bob"), "m2")
    pending.add_action(action())
    singly = list(pending.singly())
    assert [len(each.calls) + len(each.actions) + len(each.marks) for each in singly] == [1] * 5
    assert singly[-1].marks == {"bob": "m2"}
