"""Boards as they stand on the wire: each says which board it is, and which of the hub's own it becomes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, StrictBool, Tag

from hub.core import boards, queue_boards
from hub.core.agent import AgentState  # noqa: TC001  pydantic reads it
from hub.core.call import CallState  # noqa: TC001
from hub.core.queue_boards import Distribution  # noqa: TC001
from hub.sim.wire_types import Id, Name, NumberText, Time, Wire, WireParty

MOST_PARTS = 5000
"""The most parts of a board; a phone system that has more tells the first."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class WirePart(Wire):
    """A part of a board; `becomes` is the hub's own class with the same fields."""

    becomes: ClassVar[type]


class WireBoard(Wire):
    """A board; `becomes` is the hub's own class with the same fields, None for a board of a later version."""

    becomes: ClassVar[type[boards.Board] | None] = None

    board: Id


class WireMessages(WireBoard):
    """The message-waiting lamp."""

    becomes = boards.Messages

    board: Literal["messages"] = "messages"
    new: Count
    old: Count = 0
    number: NumberText = ""


class WireAppearance(WirePart):
    """A line key of a handset."""

    becomes = boards.Appearance

    device: Id
    name: Id
    kind: boards.AppearanceKind
    chosen: StrictBool = False
    state: boards.LineState | None = None
    by: Name = ""


class WireAppearances(WireBoard):
    """The line keys of the user's handsets."""

    becomes = boards.Appearances

    board: Literal["appearances"] = "appearances"
    appearances: Annotated[tuple[WireAppearance, ...], Field(max_length=MOST_PARTS)] = ()


class WireOutsideLine(WirePart):
    """An outside line."""

    becomes = boards.OutsideLine

    name: Name
    state: boards.LineState
    by: Name = ""
    party: WireParty = WireParty()


class WireLines(WireBoard):
    """The outside lines that the user's handsets have keys for."""

    becomes = boards.Lines

    board: Literal["lines"] = "lines"
    lines: Annotated[tuple[WireOutsideLine, ...], Field(max_length=MOST_PARTS)] = ()


class WireSystemCall(WirePart):
    """A call of the phone system."""

    becomes = boards.SystemCall

    id: Id
    started: Time
    state: CallState
    originator: WireParty
    destination: WireParty


class WireSystemCalls(WireBoard):
    """All calls of the phone system, as far as the user may see them."""

    becomes = boards.SystemCalls

    board: Literal["system_calls"] = "system_calls"
    permission: boards.Permission
    calls: Annotated[tuple[WireSystemCall, ...], Field(max_length=MOST_PARTS)] = ()


class WireQueueStatus(WirePart):
    """A queue as it stands."""

    becomes = queue_boards.QueueStatus

    name: Id
    description: Name = ""
    extension: NumberText = ""
    distribution: Distribution
    agents: Count | None = None
    waiting: Count
    waiting_since: Time | None = None
    signed_in: StrictBool
    supervises: StrictBool


Queues = Annotated[tuple[Id, ...], Field(max_length=1000)]


class WireQueues(WireBoard):
    """The queues of which the user is an agent or a supervisor."""

    becomes = queue_boards.Queues

    board: Literal["queues"] = "queues"
    queues: Annotated[tuple[WireQueueStatus, ...], Field(max_length=1000)]


class WireAgent(WireBoard):
    """The user as an agent."""

    becomes = queue_boards.Agent

    board: Literal["agent"] = "agent"
    state: AgentState
    since: Time | None = None
    reason: Name = ""
    queue: Id = ""
    until: Time | None = None
    queues: Queues = ()


class WireAgentStatus(WirePart):
    """An agent as supervisors see it."""

    becomes = queue_boards.AgentStatus

    user: Id
    display_name: Name = ""
    extension: NumberText = ""
    state: AgentState
    since: Time | None = None
    reason: Name = ""
    queue: Id = ""
    queues: Queues = ()


class WireAgents(WireBoard):
    """The agents of the queues that the user supervises."""

    becomes = queue_boards.Agents

    board: Literal["agents"] = "agents"
    agents: Annotated[tuple[WireAgentStatus, ...], Field(max_length=10_000)]


class WireParkedCall(WirePart):
    """A call that is parked."""

    becomes = boards.ParkedCall

    orbit: Id
    party: WireParty
    since: Time
    by: Id


class WireParked(WireBoard):
    """The calls that are parked, the longest first, and the orbits there are."""

    becomes = boards.Parked

    board: Literal["parked"] = "parked"
    orbits: Annotated[tuple[Id, ...], Field(max_length=MOST_PARTS)] = ()
    calls: Annotated[tuple[WireParkedCall, ...], Field(max_length=MOST_PARTS)] = ()


BOARDS: dict[str, type[WireBoard]] = {
    "messages": WireMessages,
    "appearances": WireAppearances,
    "lines": WireLines,
    "parked": WireParked,
    "system_calls": WireSystemCalls,
    "queues": WireQueues,
    "agent": WireAgent,
    "agents": WireAgents,
}
"""Every board by its name."""


def _which(value: Any) -> str:
    name = value.get("board") if isinstance(value, dict) else getattr(value, "board", None)
    return name if name in BOARDS else "unknown"


SomeBoard = Annotated[
    Annotated[WireMessages, Tag("messages")]
    | Annotated[WireAppearances, Tag("appearances")]
    | Annotated[WireLines, Tag("lines")]
    | Annotated[WireParked, Tag("parked")]
    | Annotated[WireSystemCalls, Tag("system_calls")]
    | Annotated[WireQueues, Tag("queues")]
    | Annotated[WireAgent, Tag("agent")]
    | Annotated[WireAgents, Tag("agents")]
    | Annotated[WireBoard, Tag("unknown")],
    Discriminator(_which),
]
