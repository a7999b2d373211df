"""The boards of queues and agents: what those see who answer a queue's calls, and those who supervise it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from hub.core.boards import Board

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.agent import AgentState


class Distribution(StrEnum):
    """Whom of its idle agents a queue calls: all, the first in order, the next in order, or who is idle longest."""

    RING_ALL = "ring_all"
    LINEAR = "linear"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """A queue as it stands.

    `agents` is how many are signed in (None: ring-all queues do not tell), `waiting` how many callers wait, and
    `waiting_since` since when the first of them does. The user is `signed_in` there, and `supervises` it.
    """

    name: str
    description: str
    extension: str
    distribution: Distribution
    agents: int | None
    waiting: int
    waiting_since: datetime | None
    signed_in: bool
    supervises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues(Board):
    """The queues of which the user is an agent or a supervisor."""

    name: ClassVar[str] = "queues"

    queues: tuple[QueueStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Board):
    """The user as an agent: in `state` since `since`, `reason` says why while busy.

    `queue` is the queue of the present call, or of the last one during the wrap-up, which ends at `until`; `queues` are
    those that the agent is signed in to.
    """

    name: ClassVar[str] = "agent"

    state: AgentState
    since: datetime | None
    reason: str = ""
    queue: str = ""
    until: datetime | None = None
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    """An agent as supervisors see it; see `Agent`."""

    user: str
    display_name: str
    extension: str
    state: AgentState
    since: datetime | None
    reason: str
    queue: str
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents(Board):
    """The agents of the queues that the user supervises."""

    name: ClassVar[str] = "agents"

    agents: tuple[AgentStatus, ...]
