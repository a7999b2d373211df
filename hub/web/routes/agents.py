"""Queues, and the agents who answer their calls."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from hub.core import queue_boards
from hub.web.asking import OwnPhone, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models_queues import AgentAnswer, AgentPin, OwnAgentAnswer, QueueAnswer, SignedQueues, ToBe
from hub.web.refusals import Refused, described
from hub.web.routes.calls import asking

router = APIRouter(tags=["queues"])
_may_refuse = described(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@router.get("/queues", response_model=list[QueueAnswer])
def queues(phone: OwnPhone) -> tuple[queue_boards.QueueStatus, ...]:
    """List the queues of which the user is an agent or a supervisor, as they stand."""
    board = phone.boards.get(queue_boards.Queues.name)
    return board.queues if isinstance(board, queue_boards.Queues) else ()


@router.get("/agent", response_model=OwnAgentAnswer | None)
def agent(phone: OwnPhone) -> queue_boards.Agent | None:
    """Tell what the user is doing as an agent; null for who is an agent of no queue."""
    board = phone.boards.get(queue_boards.Agent.name)
    return board if isinstance(board, queue_boards.Agent) else None


@router.post("/agent/sign-in", responses=_may_refuse)
async def sign_in(wanted: AgentPin, phone: OwnPhone) -> SignedQueues:
    """Sign in to queues with the user's PIN; whoever signs in is idle."""
    with asking("agent_sign_in"):
        return SignedQueues(queues=await phone.sign_in_agent(wanted.pin.get_secret_value(), wanted.queues))


@router.post("/agent/sign-out", responses=_may_refuse)
async def sign_out(wanted: AgentPin, phone: OwnPhone) -> SignedQueues:
    """Sign out of queues with the user's PIN."""
    with asking("agent_sign_out"):
        return SignedQueues(queues=await phone.sign_out_agent(wanted.pin.get_secret_value(), wanted.queues))


@router.put("/agent/state", responses=_may_refuse)
async def set_state(wanted: ToBe, phone: OwnPhone) -> ToBe:
    """Become idle, or busy for a reason."""
    with asking("agent_state"):
        await phone.set_agent_state(wanted.state, wanted.reason)
    return wanted


@router.get("/agents", response_model=list[AgentAnswer], responses=described(HTTPStatus.FORBIDDEN))
def agents(user: User, phone: OwnPhone) -> tuple[queue_boards.AgentStatus, ...]:
    """List the agents of the queues that the user supervises."""
    board = phone.boards.get(queue_boards.Agents.name)
    if not isinstance(board, queue_boards.Agents):
        raise Refused(HTTPStatus.FORBIDDEN, "forbidden", f"{user} supervises no queue, as far as the phone system told")
    return board.agents
