"""What the agents of queues can ask of the simulated phone system; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.core.agent import AgentState  # noqa: TC001  pydantic reads it
from hub.sim.wire_types import Id, Name, Wire

_Queues = Annotated[tuple[Id, ...], Field(max_length=1000)]
_Pin = Annotated[str, Field(max_length=128, repr=False)]


class AgentSignIn(Wire):
    """Sign in to queues (none: all of the user's), and be idle."""

    type: Literal["agent_sign_in"] = "agent_sign_in"
    id: Id
    queues: _Queues = ()
    pin: _Pin


class AgentSignOut(Wire):
    """Sign out of queues (none: all)."""

    type: Literal["agent_sign_out"] = "agent_sign_out"
    id: Id
    queues: _Queues = ()
    pin: _Pin


class AgentStateRequest(Wire):
    """Become idle, or busy for a reason."""

    type: Literal["agent_state"] = "agent_state"
    id: Id
    state: AgentState
    reason: Name = ""
