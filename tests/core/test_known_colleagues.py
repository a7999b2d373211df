from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from boards import at

from hub.core.colleagues import Colleague, Lamp
from hub.core.signals import ColleaguesSignal, Snapshot

if TYPE_CHECKING:
    from boards import Board

BOB = Colleague(user="bob", name="Bob", extension="102", lamp=Lamp.IDLE)
CAROL = Colleague(user="carol", name="Carol", extension="103", lamp=Lamp.IDLE)


def test_the_whole_is_told_once_and_then_what_changes(board: Board) -> None:
    assert board.colleagues is None
    assert board.resync(Snapshot(at=at(0), colleagues=(BOB, CAROL))) == ()
    assert board.colleagues == {"bob": BOB, "carol": CAROL}
    rings = replace(BOB, lamp=Lamp.RINGING)
    (told,) = board.apply(ColleaguesSignal(changed=(rings, CAROL), gone=("dave",), at=at(1)))
    assert (told.type, told.at, told.inferred) == ("colleagues", at(1), False)
    assert (told.changed, told.gone) == ((rings,), ())
    assert board.apply(ColleaguesSignal(changed=(rings,), at=at(2))) == ()
    assert board.colleagues == {"bob": rings, "carol": CAROL}
    (told,) = board.apply(ColleaguesSignal(changed=(), gone=("carol",), at=at(3)))
    assert (told.changed, told.gone) == ((), ("carol",))


def test_what_was_missed_is_told_after_a_reconnect(board: Board) -> None:
    board.resync(Snapshot(at=at(0), colleagues=(BOB, CAROL)))
    assert board.resync(Snapshot(at=at(1), colleagues=(BOB, CAROL))) == ()
    busy = replace(BOB, lamp=Lamp.ON_CALL, since=at(2))
    (told,) = board.resync(Snapshot(at=at(5), colleagues=(busy,)))
    assert (told.inferred, told.changed, told.gone) == (True, (busy,), ("carol",))


def test_who_may_see_nobody_any_more_knows_nobody(board: Board) -> None:
    board.resync(Snapshot(at=at(0), colleagues=(BOB,)))
    (told,) = board.resync(Snapshot(at=at(1)))
    assert told.gone == ("bob",)
    assert board.colleagues is None
    (told,) = board.apply(ColleaguesSignal(changed=(CAROL,), at=at(2)))
    assert board.colleagues == {"carol": CAROL}
