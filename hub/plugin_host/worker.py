from __future__ import annotations

import asyncio
import logging
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

from hub.events import Event, Lagged
from hub.plugin_host.host import Errand
from hub.plugin_host.plugin import PluginState, describe
from hub.plugin_host.plugin_thread import OnThread, Overdue, ThreadCalls
from hub.plugin_host.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.plugin_host.context import Context
    from hub.plugin_host.hooks import Hook
    from hub.plugin_host.host import Host
    from hub.plugin_host.plugin import Plugin

log = logging.getLogger(__name__)

_AT_ONCE = 512
"""Events that are worked off at most before the loop has its turn."""
_TURN = 0.001
"""Seconds after which the loop should have its turn."""


class GivenUp(Exception):  # noqa: N818  what it tells
    """This task was given up and another has its place."""


class Worker:
    """One plugin's mailbox and what works it off: in order, one call at a time, whatever the plugin does.

    Who posts an event looks at `waiting` and `room` itself, since that is done for each plugin and event:
    `waiting.append(event)` and then `wake()` if it `is_resting`, or `lose(event)` if `waiting` has no `room`.
    """

    def __init__(self, plugin: Plugin, contexts: dict[str, Context], host: Host) -> None:
        self.plugin = plugin
        self.contexts = contexts
        self.waiting: deque[Event | Errand] = deque()
        self.room = host.limits.mailbox
        self.is_resting = False
        self._host = host
        self._routes: dict[type, Any] = {Errand: self._run_errand}
        self._hooks: dict[type, tuple[Hook, ...]] = {}
        self._wake: asyncio.Future[None] | None = None
        self._steps = 0
        self._lookups = 0
        self._is_yielding = False
        self._is_overdue = False
        self._errand: Errand | None = None
        self._given_up: set[asyncio.Task[None]] = set()
        self._lost: dict[str, tuple[int, int]] = {}
        self._threads = ThreadCalls(plugin.name, host.loop)
        self._standing = Standing(
            plugin,
            host.limits,
            host.clock,
            host.loop,
            changed=self._changed,
            resumable=lambda: self._hung < host.limits.hung,
            redact=host.redact,
        )
        for context in contexts.values():
            context.failed = self._task_failed
        self._task = self._start()

    # --- posting ---

    def listens(self, event: type[Event], user: str) -> bool:
        """Whether such an event of the user is to be posted; decides how the plugin is told."""
        if event not in self._routes:
            hooks = self.plugin.hooks_by_name
            wanted = tuple(hooks[name] for name in ("on_event", f"on_{event.type}") if name in hooks)
            if not wanted:
                return False
            self._hooks[event] = wanted
            self._routes[event] = self._route(wanted)
        return user in self.contexts

    def post(self, errand: Errand) -> None:
        """Put an errand behind what waits; there is always room for one."""
        self.waiting.append(errand)
        if self.is_resting:
            self.wake()

    def wake(self) -> None:
        """Go to work; only while resting."""
        self.is_resting = False
        if self._wake is not None:
            self._wake.set_result(None)
            self._wake = None
        self._host.arm()

    def lose(self, event: Event) -> None:
        """Note that there was no room; from the first loss on there is none until all that waits is worked off."""
        count, _ = self._lost.get(event.user, (0, 0))
        self._lost[event.user] = (count + 1, event.seq)
        self.plugin.dropped += 1
        if self.room:
            self.room = 0
            reason = f"its mailbox is full ({len(self.waiting)} events wait): it loses events until it has caught up"
            log.warning("plugin %s: %s", self.plugin.name, reason)
            self._host.changed(self.plugin, reason)

    def exclude(self, user: str) -> None:
        """Have nothing more to do with a user."""
        self.contexts.pop(user, None)
        self._lost.pop(user, None)
        kept = [each for each in self.waiting if each.user != user]
        self.waiting.clear()
        self.waiting.extend(kept)

    # --- standing ---

    def failed(
        self, reason: str, error: BaseException | None = None, *, stack: str = "", at_once: bool = False
    ) -> None:
        """Count a failure, in the call that runs or beside it."""
        self._standing.failed(self.plugin.events + self._lookups, reason, error, stack=stack, at_once=at_once)

    def answered(self) -> None:
        """Note that a lookup went well."""
        self._lookups += 1

    def progress(self) -> object:
        """Return what is different in every call."""
        return self.plugin.events, self._steps, self._threads.progress

    def overdue(self) -> None:
        """Cancel the call that runs, or give it up: a thread at once, a coroutine if it goes on after that."""
        if self._is_yielding:
            return
        if self._threads.progress is not None:
            self._threads.give_up()
        elif not self._is_overdue:
            self._is_overdue = True
            self._task.cancel()
        else:
            self._give_up_task()

    async def close(self, within: float) -> tuple[str, ...]:
        """End all that was begun for the plugin; return the names of tasks that did not end in time."""
        self._standing.close()
        tasks = {self._task, *self._given_up}
        for task in tasks:
            task.cancel()
        _, running = await asyncio.wait(tasks, timeout=within)
        self._threads.close()
        late = [name for context in self.contexts.values() for name in await context.close(within)]
        return (*late, *(task.get_name() for task in running))

    @property
    def _hung(self) -> int:
        return self._threads.hung + len(self._given_up)

    def _task_failed(self, what: str, error: BaseException) -> None:
        self.failed(f"task {what}: {describe(error)}", error)

    def _changed(self, reason: str) -> None:
        """Suspended: let go of what waits. Tried again: there is room, and perhaps something to be told."""
        if self.plugin.state is PluginState.LOADED:
            self.room = self._host.limits.mailbox
            if self.is_resting:
                self.wake()
        else:
            self.room = 0
            errands = [each for each in self.waiting if isinstance(each, Errand)]
            for each in self.waiting:
                if not isinstance(each, Errand):
                    self.lose(each)
            self.waiting.clear()
            self.waiting.extend(errands)
        self._host.changed(self.plugin, reason)

    # --- working ---

    def _start(self) -> asyncio.Task[None]:
        return self._host.loop.create_task(self._run(), name=f"plugin {self.plugin.name}: hooks")

    async def _run(self) -> None:
        plugin, waiting, routes, contexts = self.plugin, self.waiting, self._routes, self.contexts
        popleft = waiting.popleft
        at_once = 1
        event: Any = None
        while self.waiting is waiting:  # else this task was given up for another
            if not waiting:
                await self._rest()
                continue
            began = perf_counter()
            try:
                for _ in range(at_once):
                    event = popleft()
                    await routes[type(event)](event, contexts[event.user])
                    plugin.events += 1
                    if not waiting:
                        break
            except BaseException as error:  # noqa: BLE001  this is where what plugins raise is caught
                self._caught(error, event)
                plugin.events += 1
            if self._is_overdue:
                self._settle(event)
            if waiting:
                at_once = min(at_once * 2, _AT_ONCE) if perf_counter() - began < _TURN else max(at_once // 2, 1)
                self._is_yielding = True
                await asyncio.sleep(0)
                self._is_yielding = False

    async def _rest(self) -> None:
        if self._lost and self.plugin.state is PluginState.LOADED:
            self._tell_lost()
            if self.waiting:
                return
        self._wake = self._host.loop.create_future()
        self.is_resting = True
        self._host.rested()
        await self._wake

    def _tell_lost(self) -> None:
        """The plugin has caught up: tell it what it lost, and how things are at this place among its events."""
        lost, self._lost = self._lost, {}
        self.room = self._host.limits.mailbox
        now = self._host.clock.now()
        for user, (count, seq) in lost.items():
            if self.listens(Lagged, user):
                self.waiting.append(Lagged(seq=seq, at=now, user=user, dropped=count, calls=self._host.calls(user)))

    def _route(self, hooks: Sequence[Hook]) -> Any:
        if len(hooks) == 1 and hooks[0].is_async:
            return hooks[0].call
        return self._tell_each if any(hook.is_async for hook in hooks) else self._tell_on_thread

    async def _tell_each(self, event: Any, context: Context) -> None:
        """Call several hooks for one event, each on its own."""
        for hook in self._hooks[type(event)]:
            self._steps += 1
            try:
                await self._call(hook, event, context)
            except BaseException as error:  # noqa: BLE001  as in _run
                self._caught(error, event, hook.name)
            self._go_on()

    async def _tell_on_thread(self, event: Any, _context: Context) -> None:
        """Hand the thread all that waits for it at once: going there and back takes longer than most hooks."""
        told, waiting, begun = [event], self.waiting, self.plugin.events
        while waiting and len(told) < _AT_ONCE and self._routes[type(waiting[0])] == self._tell_on_thread:
            told.append(waiting.popleft())
        calls = [
            (hook, (each, self.contexts[each.user]), place)
            for place, each in enumerate(told)
            for hook in self._hooks[type(each)]
        ]
        while calls:
            batch = await self._threads.run([(hook.call, arguments) for hook, arguments, _ in calls])
            if batch.at == len(calls):
                break
            hook, arguments, place = calls[batch.at]
            self.plugin.events = begun + place
            try:
                await batch.outcome()
            except BaseException as error:  # noqa: BLE001  as in _run
                self._caught(error, arguments[0], hook.name)
            self._go_on()
            if self.plugin.state is PluginState.SUSPENDED:
                for lost in told[place + 1 :]:
                    self.lose(lost)
                return
            calls = calls[batch.at + 1 :]
        self.plugin.events = begun + len(told) - 1

    async def _call(self, hook: Hook, *arguments: Any) -> None:
        if hook.is_async:
            await hook.call(*arguments)
        else:
            batch = await self._threads.run([(hook.call, arguments)])
            await batch.outcome()

    async def _run_errand(self, errand: Errand, context: Context) -> None:
        self._errand = errand
        self._steps += 1
        self.plugin.events -= 1  # it will be counted as one, and is none
        failed = ""
        try:
            await self._call(errand.hook, context)
        except BaseException as error:
            failed = self._reason(errand.hook.name, error)
            raise
        finally:
            self._errand = None
            errand.finish(failed)

    # --- what goes wrong ---

    def _caught(self, error: BaseException, event: Any, hook: str = "") -> None:
        """Count what a hook raised; raise what is not for it to raise: its task is to end, or the program."""
        if asyncio.current_task() is not self._task:
            raise GivenUp from error
        if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            raise error
        if self._is_overdue or isinstance(error, Overdue):
            self._settle(event, hook)
        elif isinstance(error, asyncio.CancelledError) and self._task.cancelling():
            raise error
        else:
            self.failed(self._reason(hook or self._name(event), error), _raised(error))

    def _settle(self, event: Any, hook: str = "") -> None:
        """Count a call that outlasted its deadline, and be as if it had not been cancelled."""
        if self._is_overdue:
            self._is_overdue = False
            self._task.uncancel()
        self._not_in_time(hook or self._name(event))

    def _give_up_task(self) -> None:
        """The coroutine goes on after it was cancelled: leave it to itself, and work on in another task."""
        task, errand = self._task, self._errand
        self._given_up.add(task)
        task.add_done_callback(self._came_back)
        waiting = self.waiting.copy()
        self.waiting.clear()  # which is what the old task looks at
        self.waiting = waiting
        self._is_overdue, self._errand = False, None
        if errand is not None:
            errand.finish(self._reason(errand.hook.name, Overdue()))
        self._task = self._start()
        self._not_in_time("a hook that goes on after it was cancelled")

    def _not_in_time(self, what: str) -> None:
        is_stuck = self._hung >= self._host.limits.hung
        also = f", and {self._hung} such calls have not come back" if is_stuck else ""
        self.failed(f"{self._reason(what, Overdue())}{also}", at_once=is_stuck)

    def _reason(self, what: str, error: BaseException) -> str:
        if self._is_overdue or isinstance(error, Overdue):
            return f"{what} took longer than {self._host.limits.deadline:g} s"
        return f"{what}: {describe(_raised(error))}"

    def _came_back(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()  # so that asyncio does not complain that nobody looked

    def _go_on(self) -> None:
        """Make no further call in a task that was given up meanwhile."""
        if asyncio.current_task() is not self._task:
            raise GivenUp

    def _name(self, event: Any) -> str:
        if isinstance(event, Errand):
            return event.hook.name
        return self._hooks[type(event)][0].name


def _raised(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, OnThread) and error.__cause__ is not None else error
