from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from hub.core.call import Direction, Leg, Party
from hub.core.numbers import Number, NumberKind
from hub.core.signals import Cause, Kind, LegSignal
from hub.core.switchboard import Switchboard

if TYPE_CHECKING:
    from hub.core.call import Call, Contact

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CALLER = Party(Number("+15855551234", NumberKind.EXTERNAL, "+15855551234", "(585) 555-1234"), "Ada Caller")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def leg(  # a leg as a phone system would describe it
    name: str = "leg-1",
    conversation: str = "talk-1",
    *,
    direction: Direction = Direction.INBOUND,
    device: str = "desk",
    party: Party = CALLER,
    started: float = 0,
) -> Leg:
    return Leg(id=name, conversation=conversation, device=device, direction=direction, party=party, started=at(started))


def signal(kind: Kind, of: Leg, seconds: float = 0, cause: Cause = Cause.NORMAL) -> LegSignal:
    return LegSignal(kind=kind, leg=of, at=at(seconds), cause=cause)


class Board(Switchboard):
    """A switchboard that remembers what it told."""

    def __init__(self, calls: tuple[Call, ...] = (), former: tuple[str, ...] = (), memory: int = 1000) -> None:
        self.known: dict[str, tuple[Contact, ...]] = {}
        super().__init__(
            "alice",
            next_seq=count(1).__next__,
            find_contacts=lambda number: self.known.get(number.e164, ()),
            calls=calls,
            former=former,
            memory=memory,
        )

    def told(self, *signals: LegSignal) -> list[str]:
        return [event.type for one in signals for event in self.apply(one)]
