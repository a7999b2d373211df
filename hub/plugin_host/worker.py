from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from hub.events import Event, Lagged
from hub.plugin_host.host import Errand
from hub.plugin_host.mailbox import Mailbox
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

    What waits is taken in hand some at a time, and is told from there without further ado: to tell one event to one
    plugin is what the hub does most often.
    """

    def __init__(self, plugin: Plugin, contexts: dict[str, Context], host: Host) -> None:
        self.plugin = plugin
        self.contexts = contexts
        self._host = host
        self._mailbox = Mailbox(host.limits.mailbox)
        self._in_hand: Any = iter(())
        self._taken = 0
        self._routes: dict[type, Any] = {Errand: self._run_errand}
        self._hooks: dict[type, tuple[Hook, ...]] = {}
        self._thread_kinds: set[type] = set()
        self._wake: asyncio.Future[None] | None = None
        self._steps = 0
        self._lookups = 0
        self._is_yielding = False
        self._is_overdue = False
        self._overdue_at: object = None
        self._errand: Errand | None = None
        self._given_up: set[asyncio.Task[None]] = set()
        self._threads = ThreadCalls(plugin.name, host.loop)
        self.lookups = ThreadCalls(f"{plugin.name}: find_contact", host.loop)
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

    @property
    def is_resting(self) -> bool:
        """Whether it has told all that waited."""
        return self._wake is not None

    # --- posting ---

    def listens(self, event: type[Event], user: str) -> bool:
        """Whether such an event of the user is to be posted; decides how the plugin is told."""
        if event not in self._routes:
            hooks = self.plugin.hooks_by_name
            wanted = tuple(hooks[name] for name in ("on_event", f"on_{event.type}") if name in hooks)
            if not wanted:
                return False
            self._hooks[event] = wanted
            self._routes[event] = self._route(event, wanted)
        return user in self.contexts

    def post_one(self, event: Event) -> None:
        """Put an event behind what waits, if there is room."""
        mailbox = self._mailbox
        if len(mailbox.waiting) >= mailbox.room:
            self.post((event,))
            return
        mailbox.waiting.append(event)
        if self._wake is not None:
            self._wake.set_result(None)
            self._wake = None

    def post(self, events: Sequence[Event]) -> None:
        """Put events behind what waits, as far as there is room."""
        had_room = self._mailbox.room
        if lost := self._mailbox.put(events):
            self.plugin.dropped += lost
            if had_room:
                self._tell_full()
        if self._mailbox.waiting:
            self._wake_up()

    def run(self, errand: Errand) -> None:
        """Put an errand behind what waits."""
        self._mailbox.waiting.append(errand)
        self._wake_up()

    def exclude(self, user: str) -> None:
        """Have nothing more to do with a user."""
        self.contexts.pop(user, None)
        self._mailbox.put_back(self._take_back())
        self._mailbox.leave_out(user)

    def _tell_full(self) -> None:
        waiting = len(self._mailbox.waiting)
        reason = f"its mailbox is full ({waiting} events wait): it loses events until it has caught up"
        log.warning("plugin %s: %s", self.plugin.name, reason)
        self._host.changed(self.plugin, reason)

    def _take_back(self) -> list[Any]:
        """Take out of its hand what has not been told yet."""
        rest = list(self._in_hand)
        self._taken -= len(rest)
        return rest

    def _wake_up(self) -> None:
        if self._wake is not None:
            self._wake.set_result(None)
            self._wake = None
            self._host.arm()

    # --- standing ---

    def failed(
        self, reason: str, error: BaseException | None = None, *, stack: str = "", at_once: bool = False
    ) -> None:
        """Count a failure, in the call that runs or beside it."""
        self._standing.failed(self._told() + self._lookups, reason, error, stack=stack, at_once=at_once)

    def looked_up(self) -> None:
        """Note that a lookup came back; what went wrong in it is told afterwards."""
        self._lookups += 1

    def lookup_overdue(self) -> None:
        """Count a lookup that outlasted its deadline."""
        self.looked_up()
        self._not_in_time("find_contact")

    def progress(self) -> object:
        """Return what is different in every call."""
        return self._told(), self._steps, self._threads.progress

    def overdue(self) -> None:
        """Cancel the call that runs, or give it up: a thread at once, a coroutine if it goes on after that."""
        if self._is_yielding:
            return
        if self._threads.progress is not None:
            self._threads.give_up()
        elif not self._is_overdue or self._overdue_at != self.progress():
            if self._is_overdue:
                self._settle("a hook")
            self._is_overdue, self._overdue_at = True, self.progress()
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
        self.lookups.close()
        closed = await asyncio.gather(*(context.close(within) for context in self.contexts.values()))
        late = [name for names in closed for name in names]
        return (*late, *(task.get_name() for task in running))

    @property
    def _hung(self) -> int:
        return self._threads.hung + self.lookups.hung + len(self._given_up)

    def _task_failed(self, what: str, error: BaseException) -> None:
        self.failed(f"task {what}: {describe(error)}", error)

    def _told(self) -> int:
        """Return how many events it was told, with the one that it is being told now."""
        told: int = self.plugin.events + self._taken - self._in_hand.__length_hint__()
        return told

    def _changed(self, reason: str) -> None:
        """Suspended: let go of what waits. Tried again: perhaps there is something to be told."""
        if self.plugin.state is PluginState.SUSPENDED:
            self._mailbox.put_back(self._take_back())
            self.plugin.dropped += self._mailbox.lose_waiting()
        else:
            self._wake_up()
        self._host.changed(self.plugin, reason)

    # --- working ---

    def _start(self) -> asyncio.Task[None]:
        return self._host.loop.create_task(self._run(), name=f"plugin {self.plugin.name}: hooks")

    async def _run(self) -> None:
        """Tell what waits, one after another."""
        task = asyncio.current_task()
        waiting, at_once = self._mailbox.waiting, 1
        while self._task is task:  # else it was given up for another
            if not waiting:
                await self._rest()
                continue
            began = perf_counter()
            if len(waiting) == 1 and not self._thread_kinds:  # a hub with little to do is a quick one
                event = waiting.popleft()
                self._taken = 1
                try:
                    await self._routes[type(event)](event, self.contexts[event.user])
                except BaseException as error:  # noqa: BLE001  this is where what plugins raise is caught
                    self._caught(error, self._name(event))
            else:
                event = await self._tell_several(at_once)
            if self._task is not task:
                return
            self.plugin.events += self._taken
            self._taken = 0
            if self._is_overdue:
                self._settle(self._name(event))
            if waiting:
                at_once = min(at_once * 2, _AT_ONCE) if perf_counter() - began < _TURN else max(at_once // 2, 1)
                self._is_yielding = True
                await asyncio.sleep(0)
                self._is_yielding = False

    async def _tell_several(self, at_once: int) -> Any:
        """Take some of what waits in hand, tell it, and return the last. Every step in here counts."""
        mailbox, routes, contexts = self._mailbox, self._routes, self.contexts
        some = mailbox.take_alike(_AT_ONCE, self._thread_kinds) if self._thread_kinds else mailbox.take(at_once)
        self._taken = len(some)
        in_hand = self._in_hand = iter(some)
        event, kind, user = None, None, None
        route: Any = None
        context: Any = None
        while True:
            try:
                for event in in_hand:
                    if type(event) is not kind:
                        kind = type(event)
                        route = routes[kind]
                    if event.user is not user:
                        user = event.user
                        context = contexts[user]
                    await route(event, context)
            except BaseException as error:  # noqa: BLE001  this is where what plugins raise is caught
                self._caught(error, self._name(event))
            else:
                return event

    def _rest(self) -> asyncio.Future[None]:
        """Return what to await until there is something to do."""
        if not self._mailbox.room:
            self._catch_up()
        rested = self._host.loop.create_future()
        if self._mailbox.waiting:
            rested.set_result(None)
        else:
            self._wake = rested
            if self._host.is_awaited:
                self._host.rested()
        return rested

    def _catch_up(self) -> None:
        """All that waited is told: tell what was lost, and how things are at this place among its events."""
        if self.plugin.state is PluginState.SUSPENDED:
            return
        now = self._host.clock.now()
        for user, (count, seq) in self._mailbox.take_lost().items():
            if self.listens(Lagged, user):
                told = Lagged(seq=seq, at=now, user=user, dropped=count, calls=self._host.calls(user))
                self._mailbox.waiting.append(told)

    def _route(self, event: type[Event], hooks: Sequence[Hook]) -> Any:
        """Decide how such an event is told."""
        if not any(hook.is_async for hook in hooks):
            self._thread_kinds.add(event)
            return self._tell_on_thread
        return hooks[0].call if len(hooks) == 1 else self._tell_each

    async def _tell_each(self, event: Any, context: Context) -> None:
        """Call several hooks for one event, each on its own."""
        for hook in self._hooks[type(event)]:
            self._steps += 1
            await self._tell_one(hook, event, context)

    async def _tell_one(self, hook: Hook, event: Any, context: Context) -> None:
        try:
            await self._call(hook, event, context)
        except BaseException as error:  # noqa: BLE001  as in _run
            self._caught(error, hook.name)
        self._go_on()

    async def _tell_on_thread(self, event: Any, _context: Context) -> None:
        """Hand the thread all that is in hand: going there and back takes longer than most hooks."""
        events = [event, *self._in_hand]
        while events:
            self._in_hand = iter(())
            calls = [
                (hook, (each, self.contexts[each.user]), place)
                for place, each in enumerate(events)
                for hook in self._hooks[type(each)]
            ]
            batch = await self._threads.run([(hook.call, arguments) for hook, arguments, _ in calls])
            if batch.at == len(calls):
                return
            hook, arguments, place = calls[batch.at]
            self._in_hand = iter(events[place + 1 :])
            try:
                await batch.outcome()
            except BaseException as error:  # noqa: BLE001  as in _run
                self._caught(error, hook.name)
            self._go_on()
            for further, _, its in calls[batch.at + 1 :]:
                if its != place:
                    break
                await self._tell_one(further, *arguments)
            events = list(self._in_hand)

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

    def _caught(self, error: BaseException, hook: str) -> None:
        """Count what a hook raised; raise what is not for it to raise: its task is to end, or the program."""
        if asyncio.current_task() is not self._task:
            raise GivenUp from error
        if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            raise error
        if self._is_overdue and self._overdue_at != self.progress():
            self._settle("a hook")  # an earlier one, which came to its end when it was cancelled
        if self._is_overdue or isinstance(error, Overdue):
            self._settle(hook)
        elif isinstance(error, asyncio.CancelledError) and self._task.cancelling():
            raise error
        else:
            self.failed(self._reason(hook, error), _raised(error))

    def _settle(self, hook: str) -> None:
        """Count a call that outlasted its deadline, and be as if it had not been cancelled."""
        if self._is_overdue:
            self._is_overdue = False
            self._task.uncancel()
        self._not_in_time(hook)

    def _give_up_task(self) -> None:
        """The coroutine goes on after it was cancelled: leave it to itself, and work on in another task."""
        task, errand = self._task, self._errand
        self._given_up.add(task)
        task.add_done_callback(self._came_back)
        self._mailbox.put_back(self._take_back())
        self.plugin.events += self._taken
        self._taken = 0
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
