"""What the agents of queues can ask of a phone system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hub.phone.commands import Command

if TYPE_CHECKING:
    from hub.core.agent import AgentState


@dataclass(frozen=True, slots=True)
class SignInAgent(Command):
    """Sign in to `queues` (none: all of the user's) with the user's PIN, and be idle; the answer says to which."""

    name: ClassVar[str] = "agent_sign_in"

    queues: tuple[str, ...]
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignOutAgent(Command):
    """Sign out of `queues` (none: all) with the user's PIN; the answer says of which `queues`."""

    name: ClassVar[str] = "agent_sign_out"

    queues: tuple[str, ...]
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetAgentState(Command):
    """Become idle, or busy for a `reason`; what can be changed is in `hub.core.agent.BY_HAND`."""

    name: ClassVar[str] = "agent_state"

    state: AgentState
    reason: str = ""
