from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from boards import at

from hub.core.phone_contacts import ContactNumber, PhoneContact, PhoneContactKind
from hub.core.signals import PhoneContactsSignal, Snapshot

if TYPE_CHECKING:
    from boards import Board

pytestmark = pytest.mark.feature("CON-01")
TAXI = PhoneContact(
    id="taxi", kind=PhoneContactKind.PUBLIC, name="Taxi", numbers=(ContactNumber("+15855550009", "work"),)
)
BANK = PhoneContact(id="bank", kind=PhoneContactKind.SYSTEM, name="Bank")


def test_contacts_are_told_whole_once_and_then_as_they_change(board: Board) -> None:
    assert board.contacts is None
    assert board.resync(Snapshot(at=at(0), contacts=(TAXI, BANK))) == ()
    assert board.contacts == {"taxi": TAXI, "bank": BANK}
    marked = replace(TAXI, favourite=True)
    (told,) = board.apply(PhoneContactsSignal(changed=(marked, BANK), gone=("nobody",), at=at(1)))
    assert (told.type, told.inferred, told.changed, told.gone) == ("phone_contacts", False, (marked,), ())
    assert board.apply(PhoneContactsSignal(changed=(marked,), at=at(2))) == ()
    (told,) = board.resync(Snapshot(at=at(3), contacts=(TAXI,)))
    assert (told.inferred, told.changed, told.gone) == (True, (TAXI,), ("bank",))
