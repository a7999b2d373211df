from __future__ import annotations

import dataclasses

import pytest
from boards import CALLER, Board, at, leg, signal

from hub.core.boards import Messages
from hub.core.call import Call, CallState, Cause, Contact, Direction, HoldKind, LegState, Network, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.core.presence import Presence
from hub.core.signals import BoardSignal, DndSignal, EndedLeg, Kind, PresenceSignal, Snapshot
from hub.core.transitions import ProtocolError
from hub.events import ContactFound

ADA = Contact(id="c1", name="Ada Lovelace", company="Engines")
BEN = Contact(id="c2", name="Ben")


def only(board: Board) -> Call:
    (call,) = board.calls.values()
    return call


def test_an_inbound_call_from_ring_to_end(board: Board) -> None:
    (ring,) = board.apply(signal(Kind.DELIVERED, leg()))
    assert (ring.type, ring.seq, ring.at, ring.user, ring.inferred) == ("ring", 1, at(0), "alice", False)
    assert ring.key == "talk-1.alice:ring:1"
    assert only(board).state is CallState.ALERTING
    (answer,) = board.apply(signal(Kind.ESTABLISHED, leg(), 5))
    assert answer.type == "answer"
    assert only(board).answered == at(5)
    assert board.told(signal(Kind.HELD, leg(), 6), signal(Kind.RETRIEVED, leg(), 7)) == ["hold", "resume"]
    (hold_again,) = board.apply(signal(Kind.HELD, leg(), 8))
    assert hold_again.key == "talk-1.alice:hold:2"
    (end,) = board.apply(signal(Kind.CLEARED, leg(), 9))
    assert (end.type, end.call.outcome, end.call.ended) == ("end", Outcome.ENDED, at(9))
    assert not board.calls


def test_an_outbound_call_tells_that_the_far_end_rings(board: Board) -> None:
    out = leg(direction=Direction.OUTBOUND)
    told = board.told(signal(Kind.ORIGINATED, out), signal(Kind.DELIVERED, out, 1), signal(Kind.ESTABLISHED, out, 2))
    assert told == ["dial", "call_changed", "answer"]


def test_a_busy_number_fails_and_then_ends(board: Board) -> None:
    out = leg(direction=Direction.OUTBOUND)
    assert board.told(signal(Kind.ORIGINATED, out), signal(Kind.FAILED, out, 1, Cause.BUSY)) == ["dial", "call_changed"]
    (end,) = board.apply(signal(Kind.CLEARED, out, 2, Cause.BUSY))
    assert end.call.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("cause", "outcome"), [(Cause.DO_NOT_DISTURB, Outcome.MISSED), (Cause.ELSEWHERE, Outcome.ELSEWHERE)]
)
def test_a_call_that_was_kept_from_ringing_has_an_end_alone(board: Board, cause: Cause, outcome: Outcome) -> None:
    (end,) = board.apply(signal(Kind.DIVERTED, leg(device=""), 9, cause))
    assert (end.type, end.key, end.call.outcome) == ("end", "talk-1.alice:end:1", outcome)
    assert (end.call.started, end.call.answered, end.call.ended) == (at(0), None, at(9))
    assert not board.calls
    gone = EndedLeg(leg=leg("leg-2", "talk-2", device=""), ended=at(9), cause=cause, kind=Kind.DIVERTED)
    (missed,) = board.resync(Snapshot(at=at(20), ended=(gone,)))
    assert (missed.type, missed.inferred, missed.call.outcome) == ("end", True, outcome)
    rang = dataclasses.replace(gone, leg=leg("leg-3", "talk-2"), kind=Kind.CLEARED)
    assert [event.type for event in board.resync(Snapshot(at=at(20), ended=(rang,)))] == ["ring", "end"]


def test_two_visits_to_a_conversation_while_nobody_listened_are_two_calls(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg("leg-1")))
    first = (
        EndedLeg(leg=leg("leg-2", started=2), ended=at(9), cause=Cause.CANCELLED),
        EndedLeg(leg=leg("leg-1"), ended=at(9), answered=at(4), cause=Cause.PARKED),
    )
    back = (leg("leg-3", started=9), leg("leg-4", started=12))
    gone = EndedLeg(leg=back[0], ended=at(20), cause=Cause.NO_ANSWER)
    live = LegState(leg=back[1], state=CallState.ALERTING)
    told = board.resync(Snapshot(at=at(30), live=(live,), ended=(*first, gone)))
    assert [event.type for event in told] == ["answer", "park", "end", "ring"]
    assert [(one.call.id, one.call.started) for one in told[2:]] == [("talk-1.alice", at(0)), ("talk-1.alice.2", at(9))]
    assert only(board).legs == (live,)
    later = EndedLeg(leg=leg("leg-5", started=50), ended=at(60), cause=Cause.ELSEWHERE)
    over = EndedLeg(leg=back[1], ended=at(40), cause=Cause.NO_ANSWER)
    told = board.resync(Snapshot(at=at(70), ended=(over, later)))
    outcomes = [(one.call.id, one.call.outcome) for one in told if one.type == "end"]
    assert outcomes == [("talk-1.alice.2", Outcome.MISSED), ("talk-1.alice.3", Outcome.ELSEWHERE)]


def test_a_call_that_ended_unheard_is_described_as_its_last_leg_was(board: Board) -> None:
    board.known["+15855550101"] = (ADA,)
    board.apply(signal(Kind.ORIGINATED, leg(direction=Direction.OUTBOUND)))
    moved = leg(
        conversation="talk-0",
        direction=Direction.OUTBOUND,
        party=Party(Number("101", NumberKind.EXTERNAL, "+15855550101"), "Voicemail"),
    )
    ended = EndedLeg(leg=moved, ended=at(9), answered=at(5))
    (answer, end) = board.resync(Snapshot(at=at(20), ended=(ended,)))
    assert (answer.type, end.type) == ("answer", "end")
    assert (end.call.party, end.call.contacts, end.call.conversation) == (moved.party, (ADA,), "talk-0")


@pytest.mark.parametrize("answering", [0, 4, 9])
def test_ten_devices_are_one_call(board: Board, answering: int) -> None:
    legs = [leg(f"leg-{n}", device=f"phone-{n}") for n in range(10)]
    told = board.told(*(signal(Kind.DELIVERED, one) for one in legs))
    assert told == ["ring"]
    assert len(only(board).legs) == 10
    told = board.told(signal(Kind.ESTABLISHED, legs[answering], 3))
    told += board.told(*(signal(Kind.CLEARED, one, 3, Cause.ELSEWHERE) for n, one in enumerate(legs) if n != answering))
    assert told == ["answer"]
    assert only(board).device == f"phone-{answering}"
    assert board.told(signal(Kind.CLEARED, legs[answering], 9)) == ["end"]


def test_ten_devices_and_somebody_else_answers(board: Board) -> None:
    legs = [leg(f"leg-{n}", device=f"phone-{n}") for n in range(10)]
    board.told(*(signal(Kind.DELIVERED, one) for one in legs))
    ended = [event for one in legs for event in board.apply(signal(Kind.CLEARED, one, 4, Cause.ELSEWHERE))]
    assert [(event.type, event.call.outcome) for event in ended] == [("end", Outcome.ELSEWHERE)]


def test_an_impossible_signal_changes_nothing(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg()))
    before = dict(board.calls)
    with pytest.raises(ProtocolError):
        board.apply(signal(Kind.RETRIEVED, leg(), 1))
    with pytest.raises(ProtocolError):
        board.apply(signal(Kind.CLEARED, leg("leg-2"), 1))
    with pytest.raises(ProtocolError):
        board.apply(signal(Kind.HELD, leg("leg-3", "talk-2"), 1))
    assert dict(board.calls) == before


def test_a_second_visit_to_a_conversation_is_a_call_of_its_own() -> None:
    board = Board(former=("talk-1.alice",))
    board.apply(signal(Kind.DELIVERED, leg()))
    assert only(board).id == "talk-1.alice.2"
    board.apply(signal(Kind.CLEARED, leg(), 1))
    board.apply(signal(Kind.DELIVERED, leg("leg-2"), 2))
    assert only(board).id == "talk-1.alice.3"


def test_former_calls_are_forgotten_at_the_bound() -> None:
    board = Board(memory=1)
    for talk in ("talk-1", "talk-2", "talk-1"):
        board.apply(signal(Kind.DELIVERED, leg("x", talk)))
        assert only(board).id == f"{talk}.alice"
        board.apply(signal(Kind.CLEARED, leg("x", talk), 1))


def test_a_leg_may_move_to_another_conversation(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg()))
    assert board.told(signal(Kind.UPDATED, leg(conversation="talk-9"), 1)) == ["call_changed"]
    assert (only(board).id, only(board).conversation) == ("talk-1.alice", "talk-9")


def test_a_name_that_arrives_late_is_told_once(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg(party=Party(CALLER.number))))
    assert board.told(signal(Kind.UPDATED, leg(), 1)) == ["call_changed"]
    assert board.told(signal(Kind.UPDATED, leg(), 2)) == []
    assert only(board).name == "Ada Caller"


def test_the_ring_knows_the_contact(board: Board) -> None:
    board.known["+15855551234"] = (ADA,)
    (ring,) = board.apply(signal(Kind.DELIVERED, leg()))
    assert ring.call.contact is ADA
    assert ring.call.name == "Ada Lovelace"


def test_a_number_that_changes_is_looked_up_again(board: Board) -> None:
    board.known["+15855551234"] = (ADA,)
    other = Party(Number("+15855559999", NumberKind.EXTERNAL, "+15855559999"))
    board.apply(signal(Kind.DELIVERED, leg(party=other)))
    assert only(board).contact is None
    (changed,) = board.apply(signal(Kind.UPDATED, leg(), 1))
    assert changed.call.contact is ADA


def test_a_late_lookup_adds_a_contact_once(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg()))
    found = board.contacts_found(CALLER.number, (ADA, BEN), at(1))
    assert [each.contact for each in found if isinstance(each, ContactFound)] == [ADA, BEN]
    assert only(board).contacts == (ADA, BEN)
    assert board.contacts_found(CALLER.number, (BEN, ADA), at(2)) == ()


def test_a_late_lookup_is_about_its_number_alone(board: Board) -> None:
    other = Party(Number("+15855559999", NumberKind.EXTERNAL, "+15855559999"))
    board.apply(signal(Kind.DELIVERED, leg(party=other)))
    assert board.contacts_found(CALLER.number, (ADA,), at(1)) == ()


def test_a_late_lookup_does_not_bring_a_call_back(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.CLEARED, leg(), 1))
    assert board.contacts_found(CALLER.number, (ADA,), at(2)) == ()
    assert not board.calls


def test_ignored_calls_stay_and_can_be_answered(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg()))
    (changed,) = board.ignore("talk-1.alice", at(1))
    assert changed.type == "call_changed"
    assert only(board).ignored
    assert board.told(signal(Kind.ESTABLISHED, leg(), 2)) == ["answer"]
    assert only(board).ignored


def test_a_call_that_rings_again_after_its_answer_is_not_answered_twice(board: Board) -> None:
    first, second = leg("leg-1"), leg("leg-2", device="mobile")
    board.told(signal(Kind.DELIVERED, first), signal(Kind.ESTABLISHED, first, 1), signal(Kind.DELIVERED, second, 2))
    assert board.told(signal(Kind.CLEARED, first, 3)) == ["call_changed"]
    assert board.told(signal(Kind.ESTABLISHED, second, 4)) == []
    assert only(board).answered == at(1)


def test_dnd_is_told_when_it_changes(board: Board) -> None:
    on, off = (DndSignal(on=value, at=at(1)) for value in (True, False))
    assert [event.on for one in (on, on, off) for event in board.apply(one)] == [True, False]
    assert board.resync(Snapshot(at=at(2), dnd=False)) == ()
    (changed,) = board.resync(Snapshot(at=at(3), dnd=True))
    assert (changed.on, changed.inferred) == (True, True)


def test_a_presence_is_told_when_it_changes(board: Board) -> None:
    assert board.resync(Snapshot(at=at(0))) == ()
    assert board.presence is None
    assert board.resync(Snapshot(at=at(0), presence=Presence.AWAY)) == ()
    assert board.apply(PresenceSignal(presence=Presence.AWAY, at=at(1))) == ()
    (changed,) = board.apply(PresenceSignal(presence=Presence.BUSY, at=at(2)))
    assert (changed.type, changed.inferred) == ("presence", False)
    assert (changed.presence, changed.before) == (Presence.BUSY, Presence.AWAY)
    (missed,) = board.resync(Snapshot(at=at(3), presence=Presence.IN_OFFICE))
    assert (missed.inferred, missed.presence, missed.before) == (True, Presence.IN_OFFICE, Presence.BUSY)
    assert board.presence is Presence.IN_OFFICE


def test_a_presence_that_is_told_first_has_none_before(board: Board) -> None:
    (told,) = board.apply(PresenceSignal(presence=Presence.BUSY, at=at(0)))
    assert told.before is None


def test_the_first_snapshot_tells_dnd_to_nobody(board: Board) -> None:
    assert board.resync(Snapshot(at=at(0), dnd=True)) == ()
    assert board.dnd is True


def test_calls_in_progress_at_start_up_have_their_true_times(board: Board) -> None:
    live = LegState(leg=leg(started=-60), state=CallState.HOLD, answered=at(-50))
    told = board.resync(Snapshot(at=at(0), live=(live,)))
    assert [(event.type, event.at, event.inferred) for event in told] == [
        ("ring", at(-60), True),
        ("answer", at(-50), True),
        ("hold", at(0), True),
    ]
    assert all(event.call.state is CallState.HOLD for event in told)
    assert (only(board).started, only(board).answered) == (at(-60), at(-50))


def test_a_call_that_still_rings_after_a_gap(board: Board) -> None:
    told = board.resync(Snapshot(at=at(9), live=(LegState(leg=leg(), state=CallState.ALERTING),)))
    assert [(event.type, event.call.state) for event in told] == [("ring", CallState.ALERTING)]


def test_what_came_and_went_during_a_gap(board: Board) -> None:
    legs = [leg(f"leg-{n}", device=f"phone-{n}", started=1) for n in range(10)]
    ended = tuple(EndedLeg(leg=one, ended=at(5), cause=Cause.ELSEWHERE) for one in legs[1:])
    talked = EndedLeg(leg=legs[0], answered=at(3), ended=at(8))
    told = board.resync(Snapshot(at=at(9), ended=(talked, *ended)))
    assert [(event.type, event.at) for event in told] == [("ring", at(1)), ("answer", at(3)), ("end", at(8))]
    assert (told[-1].call.outcome, told[-1].call.device) == (Outcome.ENDED, "phone-0")
    assert not board.calls


def test_a_known_call_answered_and_ended_during_a_gap(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg()))
    told = board.resync(Snapshot(at=at(9), ended=(EndedLeg(leg=leg(), answered=at(2), ended=at(6)),)))
    assert [(event.type, event.at) for event in told] == [("answer", at(2)), ("end", at(6))]


def test_a_known_call_that_is_nowhere_any_more_ends_with_the_snapshot(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    (end,) = board.resync(Snapshot(at=at(9)))
    assert (end.type, end.at, end.call.outcome, end.inferred) == ("end", at(9), Outcome.ENDED, True)


def test_a_gap_in_which_nothing_happened_tells_nothing(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    live = LegState(leg=leg(), state=CallState.CONNECTED, answered=at(1))
    for _ in range(10):
        assert board.resync(Snapshot(at=at(9), live=(live,))) == ()


def test_a_name_that_changed_during_a_gap(board: Board) -> None:
    board.apply(signal(Kind.DELIVERED, leg(party=Party(CALLER.number))))
    live = LegState(leg=leg(), state=CallState.ALERTING)
    assert [event.type for event in board.resync(Snapshot(at=at(2), live=(live,)))] == ["call_changed"]


def test_hold_and_resume_seen_in_snapshots(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    held = LegState(leg=leg(), state=CallState.HOLD, answered=at(1))
    back = dataclasses.replace(held, state=CallState.CONNECTED)
    told = [event.key for live in (held, held, back) for event in board.resync(Snapshot(at=at(9), live=(live,)))]
    assert told == ["talk-1.alice:hold:1", "talk-1.alice:resume:1"]


def test_a_restarted_board_goes_on_where_the_last_one_stopped(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1), signal(Kind.HELD, leg(), 2))
    again = Board(calls=tuple(board.calls.values()))
    back = LegState(leg=leg(), state=CallState.CONNECTED, answered=at(1))
    assert [event.key for event in again.resync(Snapshot(at=at(9), live=(back,)))] == ["talk-1.alice:resume:1"]
    (hold,) = again.apply(signal(Kind.HELD, leg(), 10))
    assert hold.key == "talk-1.alice:hold:2"


def test_a_board_is_told_whole_when_it_changes(board: Board) -> None:
    assert board.resync(Snapshot(at=at(0), boards=(Messages(new=1),))) == ()
    assert board.boards == {"messages": Messages(new=1)}
    assert board.apply(BoardSignal(now=Messages(new=1), at=at(1))) == ()
    (told,) = board.apply(BoardSignal(now=Messages(new=2), at=at(2)))
    assert (told.type, told.now, told.at, told.inferred) == ("messages", Messages(new=2), at(2), False)
    (missed,) = board.resync(Snapshot(at=at(3), boards=(Messages(new=0, old=2),)))
    assert (missed.now, missed.inferred) == (Messages(new=0, old=2), True)
    assert board.resync(Snapshot(at=at(4))) == ()
    assert board.boards["messages"] == Messages(new=0, old=2)


def test_the_first_word_of_a_board_is_told_when_it_comes_live(board: Board) -> None:
    (told,) = board.apply(BoardSignal(now=Messages(new=1), at=at(0)))
    assert told.now == Messages(new=1)


@pytest.mark.parametrize(("cause", "word"), [(Cause.TRANSFERRED, "transfer"), (Cause.PARKED, "park")])
def test_a_call_that_is_sent_away_says_so_before_it_ends(board: Board, cause: Cause, word: str) -> None:
    talking = (signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    board.told(*talking)
    gone = dataclasses.replace(leg(), orbit="701")
    away, end = board.apply(signal(Kind.CLEARED, gone, 2, cause))
    assert (away.type, end.type) == (word, "end")
    for event in (away, end):
        assert (event.call.outcome, event.call.orbit, event.call.ended) == (Outcome(cause.value), "701", at(2))
    board.told(*talking)
    missed = board.resync(Snapshot(at=at(9), ended=(EndedLeg(leg=gone, ended=at(8), answered=at(1), cause=cause),)))
    assert [(event.type, event.at, event.call.orbit) for event in missed] == [
        (word, at(8), "701"),
        ("end", at(8), "701"),
    ]
    assert not board.calls


def test_how_its_audio_came_is_told_when_it_ends(board: Board) -> None:
    talking = (signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    measured = Network(codec="PCMU", jitter=0.004, loss=0.01, mos=4.2)
    gone = dataclasses.replace(leg(), network=measured)
    board.told(*talking)
    (end,) = board.apply(signal(Kind.CLEARED, gone, 2))
    assert end.call.network == measured
    board.told(*talking)
    (missed,) = board.resync(Snapshot(at=at(9), ended=(EndedLeg(leg=gone, ended=at(8), answered=at(1)),)))
    assert missed.call.network == measured
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, gone, 1))
    assert only(board).network == measured
    board.told(signal(Kind.HELD, leg(), 2))
    assert only(board).network == measured, "what was told stays"
    (silent,) = board.apply(signal(Kind.CLEARED, leg(), 3))
    assert silent.call.network == measured


def test_a_call_says_what_its_leg_says(board: Board) -> None:
    board.told(signal(Kind.DELIVERED, leg()), signal(Kind.ESTABLISHED, leg(), 1))
    first = only(board).id
    held = dataclasses.replace(leg(), held=HoldKind.SHARED, appearance="line-1")
    board.told(signal(Kind.HELD, held, 2))
    assert (only(board).held, only(board).appearance) == (HoldKind.SHARED, "line-1")
    second = dataclasses.replace(leg("leg-2", "talk-2", direction=Direction.OUTBOUND), consults="leg-1")
    board.told(signal(Kind.ORIGINATED, second, 3), signal(Kind.ESTABLISHED, second, 4))
    assert board.calls["talk-2.alice"].consults == first
    joined = {"conference": "conf-1", "muted": True}
    board.told(
        signal(Kind.RETRIEVED, dataclasses.replace(leg(), **joined), 5),
        signal(Kind.UPDATED, dataclasses.replace(second, **joined), 5),
    )
    assert {(call.conference, call.muted, call.held) for call in board.calls.values()} == {("conf-1", True, None)}
    board.told(signal(Kind.CLEARED, leg(), 6))
    assert board.told(signal(Kind.UPDATED, second, 6)) == ["call_changed"]
    assert only(board).consults == first, "it stays known for whom the call was made"
