"""The agents of queues: who is signed in where, what each is doing, and what they change by hand. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.core.agent import AgentState, by_hand, state_of_agent
from hub.core.call import Direction
from hub.phone import agent_commands
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import Queue, User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch
    from hub.sim.exchange.timers import Timer


@dataclass(slots=True, eq=False, kw_only=True)
class Agent:
    """An agent of some `queues`, and as others see it: in `state` `since` then, for `reason`, with a call of `queue`.

    `rest` is what the agent has chosen to be without a call. `wraps_up` is the queue of the call that was over last and
    `until` when the time after it ends. `serving` are the legs of queues' calls that the agent talks on.
    """

    user: User
    queues: tuple[str, ...]
    signed_in: set[str]
    rest: AgentState = AgentState.IDLE
    reason: str = ""
    state: AgentState = AgentState.SIGNED_OUT
    since: datetime | None = None
    queue: str = ""
    wraps_up: str = ""
    until: datetime | None = None
    timer: Timer | None = None
    serving: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The user's name."""
        return self.user.name

    @property
    def at_rest(self) -> AgentState:
        """What the agent is without a call."""
        if not self.signed_in:
            return AgentState.SIGNED_OUT
        return AgentState.WRAP_UP if self.wraps_up else self.rest

    def end_wrap_up(self, _at: datetime | None = None) -> None:
        """Have the time after a call over."""
        self.wraps_up, self.until = "", None
        if self.timer is not None:
            self.timer.cancel()


class Agents:
    """The agents of an office, by name. `has_pin(user, pin, at)` says whether a PIN is a user's."""

    def __init__(self, switch: Switch, reach: Reach, has_pin: Callable[[str, str, datetime], bool]) -> None:
        self._switch = switch
        self._reach = reach
        self._has_pin = has_pin
        self._queues = switch.office.queues
        names = dict.fromkeys(name for queue in self._queues.values() for name in queue.agents)
        self.all = {name: self._agent(switch.office.users[name]) for name in names}

    def _agent(self, user: User) -> Agent:
        own = [queue for queue in self._queues.values() if user.name in queue.agents]
        signed_in = {queue.name for queue in own if user.name in queue.signed_in}
        agent = Agent(user=user, queues=tuple(queue.name for queue in own), signed_in=signed_in)
        agent.state = agent.at_rest
        return agent

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {
            agent_commands.SignInAgent: self._sign_in,
            agent_commands.SignOutAgent: self._sign_out,
            agent_commands.SetAgentState: self._set_state,
        }

    def of(self, queue: Queue) -> list[Agent]:
        """Return the agents who are signed in to a queue, in its order."""
        return [agent for name in queue.agents if queue.name in (agent := self.all[name]).signed_in]

    def refresh(self, at: datetime) -> None:
        """Look at the handsets, and note what each agent is doing."""
        legs: defaultdict[str, list[Branch]] = defaultdict(list)
        for branch in self._switch.branches.values():
            legs[branch.user].append(branch)
        for agent in self.all.values():
            self._look_at(agent, legs[agent.name], at)

    def _look_at(self, agent: Agent, legs: Sequence[Branch], at: datetime) -> None:
        called = [leg for leg in legs if leg.direction is Direction.INBOUND and leg.talk.queue in agent.queues]
        for leg, queue in agent.serving.items():
            if leg not in self._switch.branches:
                self._wrap_up(agent, self._queues[queue], at)
        agent.serving = {leg.id: leg.talk.queue for leg in called if leg.joined}
        state = agent.at_rest
        if agent.signed_in:
            state = state_of_agent(((leg.direction, leg.state) for leg in legs), state)
        if state is not agent.state:
            agent.state, agent.since = state, at
        agent.queue = called[0].talk.queue if called else agent.wraps_up

    def _wrap_up(self, agent: Agent, queue: Queue, at: datetime) -> None:
        if queue.wrap_up and queue.name in agent.signed_in and agent.rest is AgentState.IDLE:
            agent.end_wrap_up()
            agent.wraps_up = queue.name
            agent.until = at + timedelta(seconds=queue.wrap_up / self._switch.pace)
            agent.timer = self._switch.schedule(agent.until, agent.end_wrap_up)

    # --- what agents ask ---

    def _sign_in(self, at: datetime, asking: Asking, command: agent_commands.SignInAgent) -> Accepted:
        agent = self._asking(asking, at, command.name, command.pin)
        queues = self._named(agent, command.queues, agent.queues)
        agent.signed_in.update(queues)
        agent.rest, agent.reason = AgentState.IDLE, ""
        return Accepted(told={"queues": ", ".join(queues)})

    def _sign_out(self, at: datetime, asking: Asking, command: agent_commands.SignOutAgent) -> Accepted:
        agent = self._asking(asking, at, command.name, command.pin)
        queues = self._named(agent, command.queues, [name for name in agent.queues if name in agent.signed_in])
        if agent.state is AgentState.RINGING and agent.queue in queues:
            raise Refused(Code.WRONG_STATE, f"a call of {agent.queue} rings: answer or decline it first")
        agent.signed_in.difference_update(queues)
        if not agent.signed_in:
            agent.rest, agent.reason = AgentState.IDLE, ""
        if agent.wraps_up not in agent.signed_in:
            agent.end_wrap_up()
        return Accepted(told={"queues": ", ".join(queues)})

    def _set_state(self, at: datetime, asking: Asking, command: agent_commands.SetAgentState) -> Accepted:
        agent = self._asking(asking, at, command.name)
        if why := by_hand(agent.state, command.state):
            raise Refused(Code.WRONG_STATE, why)
        agent.end_wrap_up()
        reason = command.reason if command.state is AgentState.BUSY else ""
        if (agent.rest, agent.reason) != (command.state, reason):
            agent.rest, agent.reason, agent.since = command.state, reason, at
        return Accepted()

    def _asking(self, asking: Asking, at: datetime, capability: str, pin: str | None = None) -> Agent:
        """Return the agent who asks; raises `Refused` where that is none, or the PIN is not theirs."""
        self._reach.any_handset(asking, capability)
        name = asking.user.name
        if name not in self.all:
            raise Refused(Code.UNKNOWN_QUEUE, f"{name} is an agent of no queue")
        if pin is not None and not self._has_pin(name, pin, at):
            raise Refused(Code.WRONG_PIN, f"the PIN is not that of {name}")
        return self.all[name]

    def _named(self, agent: Agent, wanted: Sequence[str], without: Iterable[str]) -> list[str]:
        unknown = [name for name in wanted if name not in agent.queues]
        if unknown:
            told = ", ".join(name[:80] for name in unknown[:5])
            raise Refused(
                Code.UNKNOWN_QUEUE, f"{agent.name} is no agent of {told}; the queues are {', '.join(agent.queues)}"
            )
        return list(dict.fromkeys(wanted)) or list(without)
