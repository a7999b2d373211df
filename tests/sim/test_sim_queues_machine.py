"""Random callers and agents at three queues: what must hold whatever they do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from call_centres import AGENTS, NUMBER, PIN, Centre, call_centre, with_queue
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.core.agent import BY_HAND, AgentState, state_of_agent
from hub.core.call import CallState, Direction
from hub.core.queue_boards import Distribution
from hub.core.signals import Kind
from hub.phone.agent_commands import SetAgentState, SignInAgent, SignOutAgent
from hub.phone.commands import AnswerLeg, DialNumber, EndLeg, HoldLeg, LegCommand, ResumeLeg, SetDnd
from hub.sim.exchange.journal import LegTold
from hub.sim.exchange.office import Queue, Reject, Route, ToQueue, Who
from hub.sim.exchange.refusal import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.journal import LegView

EVERYBODY = (*AGENTS, "boss", "eve")
SALES = "+15855550110"
VIP = "+15855550109"
NUMBERS = {NUMBER: ("Support", 0), VIP: ("Support", 5), SALES: ("Sales", 0)}
OVERFLOW = 45
COMMANDS: tuple[type[LegCommand], ...] = (AnswerLeg, AnswerLeg, EndLeg, HoldLeg, ResumeLeg)


class RandomCentre(RuleBasedStateMachine):
    """Beside the exchange: who waits where since when, by what callers did and were told."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    @initialize(
        distribution=st.sampled_from(Distribution),
        wrap_up=st.sampled_from((0, 10)),
        signed_in=st.sampled_from(((), ("ben",), AGENTS, AGENTS)),
    )
    def open(self, distribution: Distribution, wrap_up: int, signed_in: tuple[str, ...]) -> None:
        self.distribution = distribution
        sales = Queue(
            name="Sales",
            extension="701",
            agents=("dan", "ann", "eve"),
            distribution=Distribution.LINEAR,
            ring=10,
            supervisors=("boss",),
        )
        office = with_queue(call_centre(distribution, wrap_up=wrap_up, signed_in=signed_in), sales)
        to_sales = Route(Who(SALES, "Sales"), (ToQueue("Sales", OVERFLOW), Reject()))
        self.centre = Centre(replace(office, routes=(*office.routes, to_sales)))
        self.office = self.centre.exchange.office
        self.outside: dict[str, tuple[datetime, str, int]] = {}
        self.declined: dict[str, set[str]] = {}
        self.idle_since: dict[str, Any] = {}

    # --- what happens ---

    @rule(number=st.sampled_from(tuple(NUMBERS)))
    def call(self, number: str) -> None:
        if len(self.outside) < len(self.office.lines):
            before = set(self.rung())
            leg = self.centre.call(number)
            queue, priority = NUMBERS[number]
            self.outside[leg] = (self.centre.now, queue, priority)
            self.check_order(leg, queue, set(self.rung()) - before)

    @precondition(lambda self: self.outside)
    @rule(data=st.data())
    def caller_hangs_up(self, data: st.DataObject) -> None:
        self.centre.exchange.hang_up(self.centre.now, data.draw(st.sampled_from(sorted(self.outside))))

    @rule(agent=st.sampled_from(EVERYBODY), queues=st.sampled_from(((), ("Support",), ("Sales",))), right=st.booleans())
    def sign_in(self, agent: str, queues: tuple[str, ...], *, right: bool) -> None:
        self.attempt(agent, SignInAgent(queues, PIN if right else "0"))

    @rule(agent=st.sampled_from(EVERYBODY), queues=st.sampled_from(((), ("Support",), ("Sales",))))
    def sign_out(self, agent: str, queues: tuple[str, ...]) -> None:
        self.attempt(agent, SignOutAgent(queues, PIN))

    @rule(agent=st.sampled_from(AGENTS), state=st.sampled_from(AgentState), reason=st.sampled_from(("", "lunch")))
    def by_hand(self, agent: str, state: AgentState, reason: str) -> None:
        old = self.centre.agent(agent).state
        done = self.attempt(agent, SetAgentState(state, reason))
        assert done is ((old, state) in BY_HAND)

    @rule(user=st.sampled_from(EVERYBODY), number=st.sampled_from(("700", "701", "101", "104", "999")))
    def dial(self, user: str, number: str) -> None:
        self.attempt(user, DialNumber(number))

    @rule(user=st.sampled_from(AGENTS), on=st.booleans())
    def dnd(self, user: str, *, on: bool) -> None:
        self.attempt(user, SetDnd(on))

    @precondition(lambda self: any(leg.user for leg in self.centre.exchange.legs()))
    @rule(data=st.data(), command=st.sampled_from(COMMANDS))
    def work(self, data: st.DataObject, command: type[LegCommand]) -> None:
        leg = data.draw(st.sampled_from([leg for leg in self.centre.exchange.legs() if leg.user]))
        declines = command is EndLeg and leg.state is CallState.ALERTING and leg.direction is Direction.INBOUND
        if self.attempt(leg.user, command(leg.id)) and declines:
            self.declined.setdefault(leg.conversation, set()).add(leg.user)

    @rule()
    def everybody_comes(self) -> None:
        for agent in (*AGENTS, "eve"):
            self.attempt(agent, SetDnd(on=False))
            self.attempt(agent, SignInAgent((), PIN))

    @rule(calls=st.integers(1, 4), seconds=st.integers(0, 20))
    def calls_are_served(self, calls: int, seconds: int) -> None:
        for _ in range(calls):
            self.call(NUMBER)
            self.remember()
            if called := self.waiting_for(CallState.ALERTING):
                self.attempt(called[-1].user, AnswerLeg(called[-1].id))
                self.centre.wait(seconds)
                self.attempt(called[-1].user, EndLeg(called[-1].id))
                self.remember()

    @rule(seconds=st.integers(0, 50))
    def time_passes(self, seconds: int) -> None:
        self.centre.wait(seconds)

    def attempt(self, user: str, command: Any) -> bool:
        told = len(self.centre.told)
        try:
            self.centre.do(user, command)
        except Refused:
            assert len(self.centre.told) == told, "a refused command changes nothing"
            return False
        return True

    # --- the truth, from the legs alone ---

    def rung(self) -> list[tuple[str, str]]:
        """Who is called for a caller of a queue: the user and the conversation."""
        return [(leg.user, leg.conversation) for leg in self.waiting_for(CallState.ALERTING)]

    def waiting_for(self, state: CallState) -> list[LegView]:
        called = (leg for leg in self.centre.exchange.legs() if leg.user and leg.direction is Direction.INBOUND)
        return [leg for leg in called if leg.queue and leg.state is state]

    def waiting(self) -> dict[str, LegView]:
        """Who waits in a queue, by conversation."""
        return {leg.conversation: leg for leg in self.centre.exchange.legs() if leg.state is CallState.QUEUED}

    def idle(self, queue: str, conversation: str, caller: str) -> list[str]:
        """The agents who could take a call, in the queue's order."""
        return [
            name
            for name in self.office.queues[queue].agents
            if (agent := self.centre.agent(name)).state is AgentState.IDLE
            and queue in agent.queues
            and not self.centre.exchange.dnd(name)
            and name not in self.declined.get(conversation, ())
            and name != caller
        ]

    def check_order(self, leg: str, queue: str, new: set[tuple[str, str]]) -> None:
        """Whom the queue has called for somebody who has just come, everybody else as before."""
        conversation = self.centre.exchange.conversation_of(leg)
        called = {user for user, talk in new if talk == conversation}
        idle = [name for name, since in self.idle_since.items() if since is not None]
        agents = [
            name
            for name in self.office.queues[queue].agents
            if name in idle and queue in self.signed.get(name, ()) and not self.centre.exchange.dnd(name)
        ]
        distribution = self.office.queues[queue].distribution
        if distribution is Distribution.RING_ALL:
            assert called == set(agents)
        elif not agents:
            assert called == set()
        elif distribution is Distribution.LINEAR:
            assert called == {agents[0]}
        elif distribution is Distribution.LONGEST_IDLE:
            assert called == {min(agents, key=lambda name: self.idle_since[name])}
        else:
            order = self.office.queues[queue].agents
            last = order.index(self.last[queue]) if queue in self.last else -1
            turns = [order[(last + 1 + turn) % len(order)] for turn in range(len(order))]
            assert called == {next(name for name in turns if name in agents)}

    # --- what must hold ---

    @invariant()
    def remember(self) -> None:
        """Follow the callers' ends and the agents' turns."""
        living = {leg.id for leg in self.centre.exchange.legs()}
        self.outside = {leg: told for leg, told in self.outside.items() if leg in living}
        self.idle_since = {}
        self.signed = {}
        for name in (*AGENTS, "eve"):
            agent = self.centre.agent(name)
            self.signed[name] = agent.queues
            early = self.centre.now - timedelta(days=1)
            self.idle_since[name] = (agent.since or early) if agent.state is AgentState.IDLE else None
        if self.read == 0:
            self.last: dict[str, str] = {}
        for told in self.centre.told[self.read :]:
            if not isinstance(told, LegTold) or told.kind is not Kind.DELIVERED:
                continue
            if told.leg.direction is Direction.INBOUND and told.leg.queue:
                self.last[told.leg.queue] = told.user
        self.read = len(self.centre.told)

    @invariant()
    def nobody_waits_while_a_suited_agent_is_idle(self) -> None:
        called = {talk for _, talk in self.rung()}
        for conversation, caller in self.waiting().items():
            idle = self.idle(caller.queue, conversation, caller.user)
            if self.office.queues[caller.queue].distribution is Distribution.RING_ALL:
                assert idle == []
            else:
                assert idle == [] or conversation in called, f"{idle} could take the call"

    @invariant()
    def an_agent_is_called_for_one_caller(self) -> None:
        talks = Counter(user for user, talk in set(self.rung()))
        assert all(times == 1 for times in talks.values())
        for conversation, caller in self.waiting().items():
            called = {user for user, talk in self.rung() if talk == conversation}
            if self.office.queues[caller.queue].distribution is not Distribution.RING_ALL:
                assert len(called) <= 1
            assert called <= set(self.office.queues[caller.queue].agents) - self.declined.get(conversation, set())

    @invariant()
    def the_boards_tell_the_truth(self) -> None:
        waiting = self.waiting().values()
        since = {leg.id: leg.started for leg in waiting}
        for leg, (began, _, _) in self.outside.items():
            if leg in since:
                assert since[leg] == began
        for queue in self.office.queues.values():
            status = self.centre.status("boss", queue.name)
            here = [leg for leg in waiting if leg.queue == queue.name]
            assert status.waiting == len(here)
            assert status.waiting_since == min((leg.started for leg in here), default=None)
            signed_in = [name for name in queue.agents if queue.name in self.centre.agent(name).queues]
            hidden = queue.distribution is Distribution.RING_ALL
            assert status.agents == (None if hidden else len(signed_in))
        agents = {one.user: one for one in self.centre.board("boss", "agents").agents}
        for name, seen in agents.items():
            own = self.centre.agent(name)
            assert (seen.state, seen.since, seen.reason) == (own.state, own.since, own.reason)

    @invariant()
    def the_handsets_agree_with_the_states(self) -> None:
        for name in AGENTS:
            agent = self.centre.agent(name)
            legs = [(leg.direction, leg.state) for leg in self.centre.exchange.legs(name)]
            if agent.queues and legs:
                assert agent.state is state_of_agent(legs, AgentState.IDLE)
            elif not agent.queues:
                assert agent.state is AgentState.SIGNED_OUT
            else:
                assert agent.state in {AgentState.IDLE, AgentState.BUSY, AgentState.WRAP_UP}
                assert (agent.until is not None) is (agent.state is AgentState.WRAP_UP)

    @invariant()
    def nobody_waits_longer_than_the_route_says(self) -> None:
        for leg in self.waiting().values():
            if leg.queue == "Sales" and not leg.user:
                assert (self.centre.now - leg.started).total_seconds() < OVERFLOW

    def teardown(self) -> None:
        """Left alone, with everybody hanging up, every caller has come to an end."""
        if not hasattr(self, "centre"):
            return
        for leg in self.centre.exchange.legs():
            self.centre.exchange.hang_up(self.centre.now, leg.id)
        self.centre.wait(3600)
        assert self.centre.exchange.legs() == ()
        assert {self.centre.status("boss", name).waiting for name in self.office.queues} == {0}
        legs = [told for told in self.centre.told if isinstance(told, LegTold)]
        begun = {told.leg.id for told in legs}
        ended = [told.leg.id for told in legs if told.leg.state is CallState.NULL]
        assert sorted(begun) == sorted(ended), "every leg has one end"


RandomCentre.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestRandomCentre = RandomCentre.TestCase
