from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.core.call import Cause

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.boards import Board
    from hub.core.call import Leg, LegState
    from hub.core.colleagues import Colleague
    from hub.core.phone_contacts import PhoneContact
    from hub.core.presence import Presence


class Kind(StrEnum):
    """What happened to a leg, in the words of CSTA's call-control events (ECMA-269, clause 17).

    DIVERTED is all that is told of a call that rang at no handset of the user, who does not want to be disturbed.
    """

    ORIGINATED = "originated"
    DELIVERED = "delivered"
    ESTABLISHED = "established"
    HELD = "held"
    RETRIEVED = "retrieved"
    FAILED = "failed"
    CLEARED = "cleared"
    UPDATED = "updated"
    QUEUED = "queued"
    DIVERTED = "diverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSignal:
    """Something happened to a leg. `leg` describes it as it is now; `cause` is said with FAILED and CLEARED.

    `mark` is the adapter's own word for this place in its stream of signals: after a reconnect it gets the last one
    back, to tell what has ended since. Empty where the phone system has none.
    """

    kind: Kind
    leg: Leg
    at: datetime
    cause: Cause = Cause.NORMAL
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DndSignal:
    """Do-not-disturb was switched on the user's handsets."""

    on: bool
    at: datetime
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSignal:
    """The user's presence was changed, by whomever: this hub, somebody at a handset, the phone system."""

    presence: Presence
    at: datetime
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSignal:
    """A board of the user's phone changed; `now` is the whole of it."""

    now: Board
    at: datetime
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesSignal:
    """Some of the user's colleagues are doing something else, or are `gone` (by user name)."""

    changed: tuple[Colleague, ...]
    gone: tuple[str, ...] = ()
    at: datetime
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneContactsSignal:
    """Some of the contacts that the phone system manages are different, or are `gone` (by id)."""

    changed: tuple[PhoneContact, ...]
    gone: tuple[str, ...] = ()
    at: datetime
    mark: str = ""


Signal = LegSignal | DndSignal | PresenceSignal | BoardSignal | ColleaguesSignal | PhoneContactsSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedLeg:
    """A leg that came to its end while nobody was listening: CLEARED, or DIVERTED before it rang."""

    leg: Leg
    ended: datetime
    answered: datetime | None = None
    cause: Cause = Cause.NORMAL
    kind: Kind = Kind.CLEARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is true at `at`: the legs that live, those that `ended` since the mark asked for, boards, DND, presence.

    A board that is not there was not told by the phone system; `dnd` and `presence` are None where it cannot tell, and
    so are all of the user's `colleagues` and all `contacts` that it manages, where it tells none. Signals that follow
    a snapshot are later than it.
    """

    at: datetime
    live: tuple[LegState, ...] = ()
    ended: tuple[EndedLeg, ...] = ()
    dnd: bool | None = None
    presence: Presence | None = None
    boards: tuple[Board, ...] = ()
    colleagues: tuple[Colleague, ...] | None = None
    contacts: tuple[PhoneContact, ...] | None = None
    mark: str = ""
