"""A call centre for tests, and what its people do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from offices import JANE, Desk

from hub.core.agent import AgentState
from hub.core.queue_boards import Distribution
from hub.phone.agent_commands import SetAgentState, SignInAgent, SignOutAgent
from hub.phone.commands import AnswerLeg, EndLeg
from hub.sim.exchange.office import Handset, Line, Office, Queue, Ring, Route, ToQueue, User, Who

if TYPE_CHECKING:
    from hub.sim.exchange.office import Step

AGENTS = ("ann", "ben", "cat", "dan")
NUMBER = "+15855550100"
PIN = "2580"


def call_centre(
    distribution: Distribution = Distribution.LINEAR,
    *,
    steps: tuple[Step, ...] = (ToQueue("Support"),),
    signed_in: tuple[str, ...] = (),
    **more: Any,
) -> Office:
    """An office with one queue of four agents, which a boss supervises who is none; `more` of the queue."""
    users = [
        User(name=name, extension=f"{101 + n}", password="x", pin=PIN, handsets=(Handset(id=f"{name}-desk"),))
        for n, name in enumerate((*AGENTS, "boss", "eve"))
    ]
    more = {"ring": 15, "wrap_up": 0, "supervisors": ("boss",), **more}
    support = Queue(
        name="Support",
        extension="700",
        description="Help for customers",
        agents=AGENTS,
        distribution=distribution,
        signed_in=signed_in,
        **more,
    )
    return Office(
        users={user.name: user for user in users},
        queues={"Support": support},
        lines=tuple(Line(f"L{n}") for n in range(12)),
        routes=(Route(Who(NUMBER, "Help"), steps), Route(Who("+15855550109", "Vip"), (ToQueue("Support", 0, 5),))),
    )


def with_queue(office: Office, queue: Queue) -> Office:
    return replace(office, queues={**office.queues, queue.name: queue})


def ring_then(target: str) -> Ring:
    return Ring(target, 20)


class Centre(Desk):
    """A desk of a call centre; the agents come in with `come`."""

    def __init__(self, of: Office) -> None:
        super().__init__(of)
        self.callers = 0

    def come(self, *agents: str, queues: tuple[str, ...] = ()) -> None:
        for agent in agents:
            self.do(agent, SignInAgent(queues, PIN))
            self.wait(1)

    def go(self, *agents: str, queues: tuple[str, ...] = ()) -> None:
        for agent in agents:
            self.do(agent, SignOutAgent(queues, PIN))

    def busy(self, agent: str, reason: str = "lunch") -> None:
        self.do(agent, SetAgentState(AgentState.BUSY, reason))

    def idle(self, agent: str) -> None:
        self.do(agent, SetAgentState(AgentState.IDLE))

    def call(self, to: str = NUMBER) -> str:
        self.callers += 1
        return self.ring(to, Who(f"+1585555{self.callers:04}", f"Caller {self.callers}"))

    @property
    def ringing(self) -> list[str]:
        """Whose handsets ring, in the order in which they began."""
        return [leg.user for leg in self.exchange.legs() if leg.user and leg.state == "alerting"]

    def answer(self, agent: str) -> str:
        leg = next(leg for leg in self.exchange.legs(agent) if leg.state == "alerting")
        return self.do(agent, AnswerLeg(leg.id))

    def hang_up(self, agent: str) -> None:
        self.do(agent, EndLeg(self.exchange.legs(agent)[0].id))

    def board(self, user: str, name: str) -> Any:
        boards = self.exchange.snapshot(self.now, user).boards
        return next((board for board in boards if board.board == name), None)

    def status(self, user: str = "boss", queue: str = "Support") -> Any:
        return next(one for one in self.board(user, "queues").queues if one.name == queue)

    def agent(self, name: str) -> Any:
        return self.board(name, "agent")


__all__ = ["AGENTS", "JANE", "NUMBER", "PIN", "Centre", "call_centre", "ring_then", "with_queue"]
