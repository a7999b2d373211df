"""A conversation and the legs that are in it, whoever they belong to. Pure; changed by the exchange only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.core.call import CallState, Cause, Direction, HoldKind
from hub.sim.exchange.office import Who

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.sim.exchange.office import Step
    from hub.sim.exchange.place import Place
    from hub.sim.exchange.timers import Timer

JOINED = (CallState.CONNECTED, CallState.HOLD)
DIALLING = (CallState.INITIATED, CallState.ALERTING, CallState.QUEUED)


@dataclass(slots=True, eq=False, kw_only=True)
class Branch:
    """One party's leg in a conversation: a user's handset, somebody on an outside line, or a voicemail box.

    `who` is how this party shows up at the others, `shown` who it is told to be talking with. Only handsets have a
    `user` and a `device`, only parties outside a `line`. `mailbox` is whose voicemail
    box this is. `timer` is what this party does next by itself. One that is `leaving` has another in its place already;
    `replaces` is one of the same user that leaves when this one is answered. The rest is told in `hub.core.call.Leg`.
    """

    id: str
    talk: Conversation
    who: Who
    shown: Who
    direction: Direction
    started: datetime
    user: str = ""
    dialled: Who
    device: str = ""
    line: str = ""
    state: CallState = CallState.NULL
    answered: datetime | None = None
    mailbox: str = ""
    silenced: bool = False
    muted: bool = False
    held: HoldKind | None = None
    appearance: str = ""
    conference: str = ""
    consults: str = ""
    orbit: str = ""
    intercom: bool = False
    leaving: bool = False
    cause: Cause = Cause.NORMAL
    timer: Timer | None = None
    replaces: Branch | None = None

    @property
    def joined(self) -> bool:
        """Whether it takes part: connected or on hold."""
        return self.state in JOINED

    def is_same_party(self, other: Branch) -> bool:
        """Whether it is the same person, perhaps at another handset."""
        return self is other or bool(self.user and self.user == other.user)

    @property
    def ringing(self) -> bool:
        """Whether it is a called party that has not answered yet."""
        return self.direction is Direction.INBOUND and self.state in DIALLING

    @property
    def dialling(self) -> bool:
        """Whether it is a caller who waits for an answer."""
        return self.direction is Direction.OUTBOUND and self.state in DIALLING


@dataclass(slots=True, eq=False, kw_only=True)
class Conversation:
    """Any number of legs that belong together; `nth` counts those of the office, `dialled` is what the caller dialled.

    `steps` is what is left of the route while the call hunts for somebody to answer, `timer` ends its present step,
    `declined` are the handsets that have turned it down, `digits` those that were sent over it, `hears` who listens to
    these. While the caller waits in a queue that is the `place` there; `queue` is the one that the call came through.
    `sent_on` is set while those who take part wait for somebody else: they were transferred, or parked in `orbit`.
    `nobody` runs when none answers, instead of failing; `unpark` when the call is no longer parked; `cause` is why it
    rings. `spared` are the legs of users who would have been called, did they want to be disturbed, by user; `sparing`
    those of them whose turn it is, `called` the users who were. An `emergency` call keeps its line.
    """

    id: str
    nth: int
    dialled: Who
    internal: bool = False
    line: str = ""
    branches: list[Branch] = field(default_factory=list)
    steps: deque[Step] = field(default_factory=deque)
    timer: Timer | None = None
    declined: set[str] = field(default_factory=set)
    born: int = 0
    digits: str = ""
    place: Place | None = None
    queue: str = ""
    hears: Callable[[datetime, str], None] | None = None
    sent_on: bool = False
    orbit: str = ""
    nobody: Callable[[datetime, Cause], None] | None = None
    unpark: Callable[[datetime], None] | None = None
    cause: Cause = Cause.NORMAL
    spared: dict[str, Branch] = field(default_factory=dict)
    sparing: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    emergency: bool = False

    @property
    def joined(self) -> list[Branch]:
        """Who takes part."""
        return [branch for branch in self.branches if branch.joined]

    @property
    def ringing(self) -> list[Branch]:
        """Who is being called."""
        return [branch for branch in self.branches if branch.ringing]

    @property
    def waiting(self) -> Branch | None:
        """Who waits for an answer, if anybody: a caller, or one who was sent on."""
        caller = next((branch for branch in self.branches if branch.dialling), None)
        return caller or next(iter(self.joined if self.sent_on else ()), None)

    @property
    def hunts(self) -> bool:
        """Whether somebody is looked for who answers."""
        return bool(self.ringing) or self.place is not None

    @property
    def calling(self) -> Who:
        """How the one who waits shows up at those who are called."""
        waiting = self.waiting
        return waiting.who if waiting else Who()

    def stop_hunting(self) -> None:
        """Look no further: somebody has answered, or the caller is gone."""
        self.sent_on, self.nobody, self.cause = False, None, Cause.NORMAL
        self.stop_stepping()

    def stop_stepping(self) -> None:
        """Leave the route."""
        self.steps.clear()
        if self.timer is not None:
            self.timer.cancel()
        self.leave_queue()

    def leave_queue(self) -> None:
        """Wait in a queue no longer, if the caller does."""
        if self.place is not None:
            self.place.ring_on()
            self.place = None

    def look_for_lines(self) -> None:
        """Note on which outside line it is: that of the first who is outside."""
        self.line = next((branch.line for branch in self.branches if branch.line), "")
        self.internal = not self.line

    def introduce(self) -> None:
        """Tell everybody who takes part with whom they are talking."""
        present = [branch for branch in self.joined if not branch.leaving]
        for branch in present:
            others = [other.who for other in present if other is not branch]
            if len(others) == 1:
                branch.shown = others[0]
            elif others:
                branch.shown = Who("", ", ".join(other.name or other.number for other in others))
