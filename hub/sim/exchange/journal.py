"""What the exchange tells about a user's legs, and its bounded memory of those that ended. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.core.call import CallState, Cause, Direction, HoldKind, Network
    from hub.core.presence import Presence
    from hub.core.signals import Kind
    from hub.sim.exchange.office import Who
    from hub.sim.wire_boards import WireBoard
    from hub.sim.wire_colleagues import WireContact


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """A leg as it stands, fully described. `silenced`: its handset was told to stop ringing, the leg still alerts."""

    id: str
    conversation: str
    user: str
    device: str
    direction: Direction
    state: CallState
    party: Who
    dialled: Who
    started: datetime
    answered: datetime | None
    line: str
    queue: str
    internal: bool
    silenced: bool
    muted: bool
    held: HoldKind | None
    appearance: str
    conference: str
    consults: str
    orbit: str
    intercom: bool
    network: Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegTold:
    """Something happened to a leg. `mark` names this place in what the user is told."""

    user: str
    mark: str
    at: datetime
    kind: Kind
    leg: LegView
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class DndTold:
    """A user's do-not-disturb was switched."""

    user: str
    mark: str
    at: datetime
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceTold:
    """A user's presence was changed."""

    user: str
    mark: str
    at: datetime
    presence: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTold:
    """One of a user's boards changed; `now` is the whole of it."""

    user: str
    mark: str
    at: datetime
    now: WireBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class WipeTold:
    """The administrator wiped a device of a user; no mark, as nothing more is told there."""

    user: str
    at: datetime
    handset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesTold:
    """The lamps of some users `changed`, which others may be told; no mark, as each connection is told all first."""

    at: datetime
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsTold:
    """Contacts that the phone system manages are different for a user; no mark, for the same reason."""

    user: str
    at: datetime
    changed: tuple[WireContact, ...]
    gone: tuple[str, ...] = ()


Told = LegTold | DndTold | PresenceTold | BoardTold | WipeTold | ContactsTold


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedView:
    """A leg that ended: its last description, when and why, and whether it was cleared or, before it rang, diverted."""

    leg: LegView
    ended: datetime
    cause: Cause
    kind: Kind


_DIGITS = 18
"""A mark's number has no more digits than this."""


class Journal:
    """Numbers what one user is told, and remembers the last legs that ended. A mark is `epoch:number`."""

    def __init__(self, epoch: str, memory: int) -> None:
        self._epoch = epoch
        self._seq = 0
        self._ended: deque[tuple[int, EndedView]] = deque(maxlen=memory)

    @property
    def mark(self) -> str:
        """The mark of what was told last."""
        return f"{self._epoch}:{self._seq}"

    def next_mark(self) -> str:
        """Count on, and return the new mark."""
        self._seq += 1
        return self.mark

    def remember(self, ended: EndedView) -> None:
        """Keep a leg whose end is told under the present mark."""
        self._ended.append((self._seq, ended))

    def ended_since(self, mark: str) -> Iterator[EndedView]:
        """Yield what ended after a mark, oldest first; everything remembered if the mark is not of this epoch."""
        seen = self._number(mark)
        return (ended for seq, ended in self._ended if seq > seen)

    def _number(self, mark: str) -> int:
        epoch, colon, digits = mark.rpartition(":")
        if not colon or epoch != self._epoch or len(digits) > _DIGITS or not (digits.isascii() and digits.isdigit()):
            return 0
        number = int(digits)
        return number if number <= self._seq else 0
