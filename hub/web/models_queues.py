"""Queues and agents in the API: the same as on the boards of these names in events."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  pydantic reads it
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hub.core.agent import AgentState
from hub.core.queue_boards import Distribution  # noqa: TC001
from hub.web.models import Answer, Told


class QueueAnswer(Answer):
    """A queue of the user; `agents` is null for ring-all queues, `waiting_since` where nobody waits."""

    name: Told
    description: Told
    extension: Told
    distribution: Distribution
    agents: int | None
    waiting: int
    waiting_since: datetime | None
    signed_in: bool
    supervises: bool


class OwnAgentAnswer(Answer):
    """The user as an agent; `until` is the end of the wrap-up, `queues` are those signed in to."""

    state: AgentState
    since: datetime | None
    reason: Told
    queue: Told
    until: datetime | None
    queues: tuple[Told, ...]


class AgentAnswer(Answer):
    """An agent whom the user supervises."""

    user: Told
    display_name: Told
    extension: Told
    state: AgentState
    since: datetime | None
    reason: Told
    queue: Told
    queues: tuple[Told, ...]


class AgentPin(BaseModel):
    """The user's PIN at the phone system, and the names of queues; none: all."""

    model_config = ConfigDict(extra="forbid")

    pin: SecretStr = Field(min_length=1, max_length=100)
    queues: tuple[str, ...] = Field(default=(), max_length=1000)


class SignedQueues(BaseModel):
    """The queues that were signed in to, or out of."""

    queues: tuple[Told, ...]


class ToBe(BaseModel):
    """What the agent wants to be, and why while busy."""

    model_config = ConfigDict(extra="forbid")

    state: Literal[AgentState.IDLE, AgentState.BUSY]
    reason: str = Field(default="", max_length=200)
