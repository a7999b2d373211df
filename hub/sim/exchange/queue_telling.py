"""Tells users how queues and agents stand. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hub.core.queue_boards import Distribution
from hub.sim.wire_boards import WireAgent, WireAgents, WireAgentStatus, WireQueues, WireQueueStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from hub.sim.exchange.agents import Agents
    from hub.sim.exchange.place import Place
    from hub.sim.exchange.switch import Switch
    from hub.sim.wire_boards import WireBoard


class QueueTelling:
    """The boards of agents and supervisors: `queues`, `agent` and `agents`."""

    def __init__(self, switch: Switch, agents: Agents) -> None:
        self._reporter = switch.reporter
        self._office = switch.office
        self._agents = agents
        self._told: Any = None
        self._since: defaultdict[str, list[datetime]] = defaultdict(list)
        for user, board in self._boards():
            self._reporter.set_board_up(user, board)

    def tell(self, places: Iterable[Place], at: datetime) -> None:
        """Tell everybody whom it concerns what is different now."""
        self._since = defaultdict(list)
        for place in places:
            self._since[place.queue.name].append(place.since)
        agents = self._agents.all.values()
        stands = (
            dict(self._since),
            [(one.state, one.since, one.reason, one.queue, one.until, sorted(one.signed_in)) for one in agents],
        )
        if stands != self._told:
            self._told = stands
            for user, board in self._boards():
                self._reporter.board(user, at, board)

    def _boards(self) -> Iterator[tuple[str, WireBoard]]:
        queues = self._office.queues.values()
        for user in self._office.users:
            own = [one for one in queues if user in one.agents or user in one.supervisors]
            if own:
                yield user, WireQueues(queues=tuple(self._queue(one.name, user) for one in own))
            if agent := self._agents.all.get(user):
                yield (
                    user,
                    WireAgent(
                        state=agent.state,
                        since=agent.since,
                        reason=agent.reason,
                        queue=agent.queue,
                        until=agent.until,
                        queues=self._signed_in(user),
                    ),
                )
            if supervised := [one for one in own if user in one.supervisors]:
                names = dict.fromkeys(name for one in supervised for name in one.agents)
                yield user, WireAgents(agents=tuple(map(self._agent, names)))

    def _queue(self, name: str, user: str) -> WireQueueStatus:
        queue, since = self._office.queues[name], self._since[name]
        agents = self._agents.of(queue)
        return WireQueueStatus(
            name=name,
            description=queue.description,
            extension=queue.extension,
            distribution=queue.distribution,
            agents=None if queue.distribution is Distribution.RING_ALL else len(agents),
            waiting=len(since),
            waiting_since=min(since, default=None),
            signed_in=any(agent.name == user for agent in agents),
            supervises=user in queue.supervisors,
        )

    def _agent(self, name: str) -> WireAgentStatus:
        agent = self._agents.all[name]
        return WireAgentStatus(
            user=name,
            display_name=agent.user.full_name or name,
            extension=agent.user.extension,
            state=agent.state,
            since=agent.since,
            reason=agent.reason,
            queue=agent.queue,
            queues=self._signed_in(name),
        )

    def _signed_in(self, name: str) -> tuple[str, ...]:
        agent = self._agents.all[name]
        return tuple(queue for queue in agent.queues if queue in agent.signed_in)
