"""The rules at work: a consumer of the hub's events."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from hub.events import CallEvent
from hub.rules.doing import Doer, Services
from hub.rules.limits import Gate
from hub.rules.parts import Facts
from hub.rules.queue_watching import QueueWatcher
from hub.rules.schedule import Scheduled
from hub.rules.ticking import Ticker
from hub.rules.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from datetime import datetime, tzinfo

    from hub.errors import Problem
    from hub.events import Event
    from hub.rules.folders import Library, RuleFile
    from hub.rules.load import Loader
    from hub.rules.ruleset import Rule
    from hub.rules.schedule import Schedule

log = logging.getLogger(__name__)

__all__ = ["Rules", "Services"]

_TELL_EVERY = 60.0
_Who = tuple[str, str]


class Rules:
    """Follows the rule files and acts on events. Start it before the first event, and stop it after the last.

    `users` are those whom schedules are told for, `zone` is the hub's time zone. `drain` is how many seconds actions
    may take to end when the rules stop.
    """

    def __init__(
        self, library: Library, services: Services, *, users: Iterable[str], zone: tzinfo, drain: float = 5.0
    ) -> None:
        self._library = library
        self._services = services
        self._users = tuple(users)
        self._zone = zone
        self._drain = drain
        self._doer = Doer(services)
        self._watcher = Watcher(library, self._changed)
        self._ticker = Ticker(services.clock, zone, self._due)
        self._queue_watcher = QueueWatcher(services.clock, services.queues, self.consume)
        self._watching: asyncio.Task[None] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._rules = library.rules
        self._told: tuple[Problem, ...] = ()
        self._gates: dict[_Who, Gate] = {}
        self._queues: dict[_Who, deque[tuple[Rule, Facts]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def files(self) -> tuple[RuleFile, ...]:
        """Every rule file, with the rules in force from it and what is wrong with it."""
        return self._library.files

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with the rule files and their folders."""
        return self._library.problems

    async def start(self) -> None:
        """Load the rules, and follow their folders and the clock."""
        await self._watcher.start()
        self._ticking = asyncio.create_task(self._ticker.run(), name="rules: schedules")
        self._watching = asyncio.create_task(self._queue_watcher.run(), name="rules: queues")

    async def stop(self) -> None:
        """Act on nothing more; wait a while for what is being done, then cancel it."""
        await self._watcher.stop()
        tasks = [*self._telling, *(task for task in (self._ticking, self._watching) if task)]
        self._queues.clear()
        for task in tasks:
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._drain)
            for task in late:
                task.cancel()
            tasks += late
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    def use(self, loader: Loader) -> None:
        """Check the files again with other words: a plugin came or went."""
        self._library.use(loader)
        self._watcher.look_again()

    async def settled(self) -> None:
        """Return when nothing is being done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def consume(self, event: Event) -> None:
        """Match an event and set to work on the rules that act on it. Never waits, never raises."""
        user = event.user
        self._queue_watcher.consume(event)
        if not user or not self._rules.listens(type(event)):  # what is about the hub itself is nobody's
            return
        facts = Facts(
            event,
            event.call if isinstance(event, CallEvent) else None,
            self._zone,
            self._services.plan(user),
            self._services.dnd(user),
            presence=self._services.presence(user),
        )
        for rule in self._rules.matching(facts, _condition_failed):
            self._take(rule, facts)

    def _take(self, rule: Rule, facts: Facts) -> None:
        who = (rule.id, facts.event.user)
        gate = self._gates.setdefault(who, Gate())
        if why := gate.enter(rule.limits, self._services.clock.monotonic()):
            if gate.dropped == 1:
                self._begin(self._tell_drops(gate, rule, facts.event, why), self._telling)
        elif gate.running < rule.limits.concurrency:
            gate.running += 1
            self._begin(self._work(who, gate, rule, facts), self._tasks)
        else:
            gate.waiting += 1
            self._queues.setdefault(who, deque()).append((rule, facts))

    def _begin(self, work: Coroutine[None, None, None], owner: set[asyncio.Task[None]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        owner.add(task)
        task.add_done_callback(owner.discard)

    async def _work(self, who: _Who, gate: Gate, rule: Rule, facts: Facts) -> None:
        """Do a rule's actions, then those for the events that wait for their turn."""
        try:
            while True:
                await self._doer.do_all(rule, facts)
                queue = self._queues.get(who)
                if not queue:
                    self._queues.pop(who, None)
                    break
                rule, facts = queue.popleft()
                gate.waiting -= 1
        finally:
            gate.running -= 1

    async def _tell_drops(self, gate: Gate, rule: Rule, event: Event, why: str) -> None:
        """Tell of the first drop at once, and of those that follow once in a while."""
        told = 0
        while gate.dropped > told:
            count, told = gate.dropped - told, gate.dropped
            await self._doer.dropped(rule, event, count, why)
            await self._services.clock.sleep(_TELL_EVERY)
        gate.dropped = 0

    def _changed(self) -> None:
        self._rules = self._library.rules
        self._ticker.use(self._rules.schedules)
        self._queue_watcher.use(self._rules.thresholds)
        for problem in self._library.problems:
            if problem not in self._told:
                log.warning("%s", problem)
        self._told = self._library.problems
        known = {rule.id for rule in self._rules.rules}
        for who in [who for who, gate in self._gates.items() if who[0] not in known and not gate.is_busy]:
            del self._gates[who]

    def _due(self, due: frozenset[Schedule], at: datetime) -> None:
        for user in self._users:
            self.consume(Scheduled(seq=0, at=at, user=user, due=due))


def _condition_failed(rule: Rule, error: Exception) -> None:
    log.error("%s: a condition failed, the rule does nothing", rule.id, exc_info=error)
