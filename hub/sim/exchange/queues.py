"""Callers who wait in queues, and the agents who are called for them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from hub.core.agent import AgentState
from hub.core.call import CallState, Cause, Direction
from hub.core.queue_boards import Distribution
from hub.core.signals import Kind
from hub.sim.exchange.place import Place
from hub.sim.exchange.queue_telling import QueueTelling

if TYPE_CHECKING:
    from collections.abc import Collection

    from hub.sim.exchange.agents import Agent, Agents
    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.office import Handset, Queue, ToQueue
    from hub.sim.exchange.switch import Switch

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Queues:
    """The queues of an office.

    Whenever something has happened, callers who wait are given the agents who are idle: those of the highest priority
    first, then those who have waited longest. An agent who does not answer in time is rung again only after the others;
    one who declines a call is not rung for it again.
    """

    def __init__(self, switch: Switch, agents: Agents) -> None:
        self._switch = switch
        self._agents = agents
        self._places: list[Place] = []
        self._last: dict[str, str] = {}
        """By queue: the agent who was rung last."""
        self._telling = QueueTelling(switch, agents)

    def has_room(self, queue: str) -> bool:
        """Whether another caller may wait."""
        waiting = sum(place.is_kept and place.queue.name == queue for place in self._places)
        return waiting < self._switch.office.queues[queue].capacity

    def wait(self, talk: Conversation, step: ToQueue, at: datetime) -> None:
        """Let the caller of a conversation wait."""
        queue = self._switch.office.queues[step.queue]
        talk.queue = queue.name
        talk.place = Place(queue=queue, talk=talk, since=at, priority=step.priority)
        self._places.append(talk.place)
        if (caller := talk.waiting) is not None:
            waits = caller.state in {CallState.INITIATED, CallState.ALERTING}
            self._switch.move(caller, Kind.QUEUED if waits else Kind.UPDATED, at)

    def moved(self, branch: Branch, kind: Kind, at: datetime) -> None:
        """See `hub.sim.exchange.switch.Watcher`."""

    def settle(self, at: datetime) -> None:
        """Call the agents who can be called, and tell how the queues stand."""
        if not self._switch.office.queues:
            return
        self._agents.refresh(at)
        self._places = [place for place in self._places if place.is_kept]
        for place in sorted(self._places, key=lambda place: (-place.priority, place.since)):
            if place.queue.distribution is Distribution.RING_ALL:
                self._ring(place, self._suited(place), at)
            elif not place.talk.ringing and (agent := self._chosen(place)):
                self._ring_next(place, agent, at)
        self._telling.tell(self._places, at)

    # --- whom to call ---

    def _suited(self, place: Place, ringing: Collection[str] = ()) -> list[Agent]:
        """Return the agents who can take the call, in the queue's order; `ringing` are rung for it now."""
        caller = place.talk.waiting
        return [
            agent
            for agent in self._agents.of(place.queue)
            if agent.state is AgentState.IDLE or (agent.state is AgentState.RINGING and agent.name in ringing)
            if agent.name not in self._switch.dnd and not (caller and caller.user == agent.name)
            if self._handsets(place, agent)
        ]

    def _handsets(self, place: Place, agent: Agent) -> list[Handset]:
        """Return the agent's handsets that ring for the call, or can."""
        talk, switch = place.talk, self._switch
        ringing = {branch.device for branch in talk.ringing}
        return [
            handset
            for handset in agent.user.handsets
            if handset.id not in talk.declined
            if handset.id in ringing or switch.keys.for_ring(handset, "", talk)
        ]

    def _chosen(self, place: Place, ringing: Collection[str] = ()) -> Agent | None:
        """Return the agent who comes next; those who have let it ring in vain come after the others."""
        suited = self._suited(place, ringing)
        return min(suited, key=lambda agent: (place.tried[agent.name], self._turn(place.queue, agent)), default=None)

    def _turn(self, queue: Queue, agent: Agent) -> tuple[int, datetime]:
        position = queue.agents.index(agent.name)
        match queue.distribution:
            case Distribution.ROUND_ROBIN if queue.name in self._last:
                after = queue.agents.index(self._last[queue.name]) + 1
                return (position - after) % len(queue.agents), _LONG_AGO
            case Distribution.LONGEST_IDLE:
                return 0, agent.since or _LONG_AGO
            case _:
                return position, _LONG_AGO

    # --- calling ---

    def _ring_next(self, place: Place, agent: Agent, at: datetime) -> None:
        if agent.state is AgentState.IDLE:
            self._last[place.queue.name] = agent.name
        self._ring(place, [agent], at)
        place.ring_on()
        place.timer = self._switch.after(at, place.queue.ring, partial(self._no_answer, place))

    def _ring(self, place: Place, agents: Collection[Agent], at: datetime) -> None:
        talk = place.talk
        ringing = {branch.device for branch in talk.ringing}
        for agent in agents:
            for handset in self._handsets(place, agent):
                if handset.id not in ringing:
                    branch = self._switch.join(
                        talk,
                        Direction.INBOUND,
                        at,
                        who=agent.user.who,
                        shown=talk.calling,
                        user=agent.name,
                        device=handset.id,
                    )
                    self._switch.move(branch, Kind.DELIVERED, at)
        if agents:
            self._agents.refresh(at)

    def _no_answer(self, place: Place, at: datetime) -> None:
        """Go on to the next agent. Who is the only one rings on, unless another caller waits for that agent."""
        ringing = place.talk.ringing
        rung = {branch.user for branch in ringing}
        place.tried.update(rung)
        agent = self._chosen(place, rung)
        if agent is not None and (agent.name not in rung or not self._is_wanted(place, agent)):
            self._ring_next(place, agent, at)
            ringing = [branch for branch in ringing if branch.user != agent.name]
        for branch in ringing:
            self._switch.clear(branch, at, Cause.NO_ANSWER)

    def _is_wanted(self, by: Place, agent: Agent) -> bool:
        """Whether somebody else waits whom nobody is called for."""
        return any(
            not place.talk.ringing and agent in self._suited(place, {agent.name})
            for place in self._places
            if place is not by
        )
