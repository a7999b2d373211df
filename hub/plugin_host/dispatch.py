from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from hub.plugin_host.deadline import Supervisor
from hub.plugin_host.host import Errand
from hub.plugin_host.limits import LIMITS, Limits
from hub.plugin_host.lookup import Lookups
from hub.plugin_host.plugin import Failure
from hub.plugin_host.watchdog import Watchdog
from hub.plugin_host.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hub.clock import Clock
    from hub.core.call import Call, Contact
    from hub.core.numbers import Number
    from hub.events import Event
    from hub.plugin_host.context import Context
    from hub.plugin_host.plugin import Plugin

log = logging.getLogger(__name__)

Kinds = frozenset[tuple[str, type["Event"]]]
"""Users and types of events."""

_MOST_COLLECTED = 512
"""Events that are posted together at most."""
_MOST_REMEMBERED = 10_000
"""Combinations of kinds of events for which it is remembered who listens."""


def _no_calls(_user: str) -> tuple[Call, ...]:
    return ()


def _nobody_told(_plugin: str, _state: str, _reason: str) -> None:
    pass


def _nothing_found(_user: str, _number: Number, _contacts: tuple[Contact, ...]) -> None:
    pass


class Dispatcher:
    """Tells plugins what happens: each in order, none waiting for another, whatever they do.

    To be made and used on the loop. `contexts` has each plugin's contexts by user. `calls(user)` gives the calls of a
    user for a plugin that has lost events, `changed(plugin, state, reason)` is told (on the loop, a little later) how a
    plugin stands, `found(user, number, contacts)` what a lookup has found too late for `find_contacts`, and `redact`
    hides secrets in what is kept of a plugin's errors.
    """

    def __init__(
        self,
        plugins: Iterable[Plugin],
        contexts: Mapping[str, Mapping[str, Context]],
        *,
        clock: Clock,
        limits: Limits = LIMITS,
        calls: Callable[[str], tuple[Call, ...]] = _no_calls,
        changed: Callable[[str, str, str], None] = _nobody_told,
        found: Callable[[str, Number, tuple[Contact, ...]], None] = _nothing_found,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = clock
        self.limits = limits
        self.calls = calls
        self.redact = redact
        self.is_awaited = False
        self._tell_changed = changed
        self._workers = {
            plugin.name: Worker(plugin, dict(contexts.get(plugin.name, {})), self)
            for plugin in plugins
            if plugin.is_loaded
        }
        self._is_collecting = False
        self._collected: list[Event] = []
        self._listeners: dict[Kinds, tuple[tuple[Worker, Kinds | None], ...]] = {}
        self._lookups = Lookups(self._workers.values(), self, found)
        self._started: list[tuple[Worker, str]] = []
        self._supervisor = Supervisor(clock, self.loop, limits.deadline)
        self._supervising = self.loop.create_task(
            self._supervisor.run([*self._workers.values(), *self._lookups.all]), name="deadlines of plugins"
        )
        self._idle: list[asyncio.Future[None]] = []
        self._watchdog = Watchdog(
            self.loop,
            [worker.plugin for worker in self._workers.values()],
            self._held_up,
            within=limits.loop,
        )

    def emit(self, event: Event) -> None:
        """Post an event to the plugins that listen for it. On the loop; returns at once.

        The first of a turn of the loop goes out right away, those that follow it in the same turn all together.
        """
        if not self._is_collecting:
            self._is_collecting = True
            for worker, _ in self._listening(frozenset([(event.user, type(event))])):
                worker.post_one(event)
            self._supervisor.arm()
            self.loop.call_soon(self._turn_ended)
        else:
            self._collected.append(event)
            if len(self._collected) >= _MOST_COLLECTED:
                self._post_collected()

    def find_contacts(self, number: Number, user: str) -> tuple[Contact, ...]:
        """Ask who has a number; what is known in a moment is returned, `found` is told of the rest."""
        return self._lookups.ask(number, user)

    async def start(self) -> None:
        """Call `start` of every plugin for each user; where that fails the plugin does without that user."""
        self._watchdog.start()
        asked = [
            (worker, user, self._ask(worker, user, "start"))
            for worker in self._workers.values()
            for user in worker.contexts
            if user
        ]
        for worker, user, done in asked:
            failed = await done
            if failed:
                self._exclude(worker, user, failed)
            else:
                self._started.append((worker, user))

    async def stop(self) -> None:
        """Let plugins work off what waits and call their `stop`, all within `limits.stop`; then end all of theirs."""
        asked = [self._ask(worker, user, "stop") for worker, user in self._started]
        if asked:
            await asyncio.wait(asked, timeout=self.limits.stop)
        self._started.clear()
        self._supervising.cancel()
        self._watchdog.stop()
        ended = await asyncio.gather(*(worker.close(self.limits.stop) for worker in self._workers.values()))
        for names in ended:
            for name in names:
                log.error("%s did not end in %g s after it was cancelled", name, self.limits.stop)
        self._listeners.clear()
        self._workers.clear()
        self._lookups.close()

    async def idle(self) -> None:
        """Return when every plugin has worked off what was posted to it."""
        while self._collected or not all(worker.is_resting for worker in self._workers.values()):
            idle = self.loop.create_future()
            self._idle.append(idle)
            self.is_awaited = True
            await idle

    # --- told by workers ---

    def arm(self) -> None:
        """Look after deadlines: a worker is at work."""
        self._supervisor.arm()

    def rested(self) -> None:
        """A worker has worked off all it had."""
        self.is_awaited = False
        for idle in self._idle:
            if not idle.done():
                idle.set_result(None)
        self._idle.clear()

    def changed(self, plugin: Plugin, reason: str) -> None:
        """Tell everybody how a plugin stands now; not before the event that is being posted is with all."""
        self.loop.call_soon(self._tell_changed, plugin.name, plugin.state.value, reason)

    # --- inside ---

    def _held_up(self, plugin: str, reason: str, stack: str) -> None:
        """Count that a plugin held up the loop."""
        worker = self._workers.get(plugin)
        if worker is not None:
            worker.plugin.held_up += 1
            worker.failed(reason, stack=stack)
            self.changed(worker.plugin, reason)

    def _turn_ended(self) -> None:
        self._is_collecting = False
        if self._collected:
            self._post_collected()

    def _post_collected(self) -> None:
        collected, self._collected = self._collected, []
        self._post(collected)

    def _post(self, events: Sequence[Event]) -> None:
        for worker, wanted in self._listening(frozenset([(event.user, type(event)) for event in events])):
            if wanted is None:
                worker.post(events)
            else:
                worker.post([event for event in events if (event.user, type(event)) in wanted])

    def _listening(self, kinds: Kinds) -> tuple[tuple[Worker, Kinds | None], ...]:
        """Return who listens for which of some kinds of events (None: for all of them), found once."""
        if (known := self._listeners.get(kinds)) is not None:
            return known
        listeners = []
        for worker in self._workers.values():
            wanted = frozenset((user, kind) for user, kind in kinds if worker.listens(kind, user))
            if wanted:
                listeners.append((worker, wanted if wanted != kinds else None))
        if len(self._listeners) >= _MOST_REMEMBERED:
            self._listeners.clear()
        self._listeners[kinds] = found = tuple(listeners)
        return found

    def _ask(self, worker: Worker, user: str, name: str) -> asyncio.Future[str]:
        """Have a plugin's `start` or `stop` called after what waits; gives what failed, or nothing."""
        done: asyncio.Future[str] = self.loop.create_future()
        hook = worker.plugin.hooks_by_name.get(name)
        if hook is None:
            done.set_result("")
        else:
            self._post_collected()
            worker.run(Errand(user, hook, done))
        return done

    def _exclude(self, worker: Worker, user: str, reason: str) -> None:
        worker.exclude(user)
        self._listeners.clear()
        plugin = worker.plugin
        if any(worker.contexts):
            log.error("plugin %s does without user %s: %s", plugin.name, user, reason)
            return
        worker.exclude("")
        last = plugin.last_failure
        plugin.fail(Failure(self.clock.now(), self.redact(reason), last.traceback if last else ""))
        self.changed(plugin, plugin.reason)
