"""Asks plugins who has a number: a ring waits a moment for what they answer at once, and is told later of the rest."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

from hub.core.call import Contact
from hub.core.numbers import NumberKind
from hub.plugin_host.plugin import PluginState, describe
from hub.plugin_host.plugin_thread import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub.core.numbers import Number
    from hub.plugin_host.context import Context
    from hub.plugin_host.hooks import Hook
    from hub.plugin_host.host import Host
    from hub.plugin_host.worker import Worker

    Found = Callable[[str, Number, tuple[Contact, ...]], None]

log = logging.getLogger(__name__)


class Question(Batch):
    """One plugin is asked on its thread who has a number; `over` is set there when it has answered or raised."""

    def __init__(self, hook: Hook, number: Number, context: Context, done: asyncio.Future[None]) -> None:
        super().__init__([(self._ask, (hook, number, context))], done)
        self.number = number
        self.user = context.user
        self.contacts: tuple[Contact, ...] = ()
        self.took = 0.0
        self.over = threading.Event()
        self._began = perf_counter()

    def run(self) -> None:
        """Ask. On the thread."""
        super().run()
        self.took = perf_counter() - self._began
        self.over.set()

    def _ask(self, hook: Hook, number: Number, context: Context) -> None:
        self.contacts = _checked(hook.call(number, context))


class Lookup:
    """One plugin's `find_contact`: a plain `def` on a thread, number by number, an `async def` in tasks.

    `found(user, number, contacts)` is told on the loop what comes too late to be returned. At most
    `limits.lookups` are open at once.
    """

    def __init__(self, worker: Worker, host: Host, found: Found) -> None:
        self.is_in_time = True
        self._worker = worker
        self._host = host
        self._hook = worker.plugin.hooks_by_name["find_contact"]
        self._found = found
        self._open = 0
        self._waiting: deque[Question] = deque()
        self._asked: Question | None = None

    @property
    def is_resting(self) -> bool:
        """Whether its thread is asked nothing now."""
        return self._asked is None

    def progress(self) -> object:
        """Return what is different in every call on the thread."""
        return self._worker.lookups.progress

    def overdue(self) -> None:
        """Give the call on the thread up."""
        self._worker.lookups.give_up()

    def ask(self, number: Number, user: str) -> Question | None:
        """Begin to ask; return the question where the answer may be there in a moment."""
        context = self._worker.contexts.get(user)
        plugin = self._worker.plugin
        if context is None or plugin.state is not PluginState.LOADED:
            return None
        if self._open >= self._host.limits.lookups:
            plugin.dropped += 1
            self._worker.failed(f"find_contact: {self._open} lookups have not come back, no further one is made")
            return None
        self._open += 1
        if self._hook.is_async:
            self._spawn(number, context)
            return None
        question = Question(self._hook, number, context, self._host.loop.create_future())
        question.done.add_done_callback(lambda _: self._came_late(question))
        self._waiting.append(question)
        self._next()
        return question

    def answer(self, question: Question, within: float) -> tuple[Contact, ...]:
        """Return what is found within so many seconds, for which the loop stands still."""
        if question.over.wait(within):
            return self._settled(question)
        if not within:
            return ()
        self.is_in_time = False
        self._worker.plugin.held_up += 1
        limit = self._host.limits.lookup * 1000
        reason = f"find_contact took longer than {limit:.0f} ms: no ring waits for it until it is quicker"
        log.warning("plugin %s: %s", self._worker.plugin.name, reason)
        self._host.changed(self._worker.plugin, reason)
        return ()

    def close(self) -> None:
        """Tell nothing any more."""
        self._waiting.clear()
        self._asked = None

    def _spawn(self, number: Number, context: Context) -> None:
        try:
            task = context.spawn(self._in_task(number, context), "find_contact")
        except RuntimeError as error:
            self._closed()
            self._count(error)
        else:
            task.add_done_callback(lambda _: self._closed())

    def _next(self) -> None:
        """Have the thread look the next number up."""
        if self._asked is None and self._waiting:
            self._asked = self._waiting.popleft()
            self._worker.lookups.begin(self._asked)
            self._host.arm()

    def _came_late(self, question: Question) -> None:
        """The thread is through with a question, or it was given up."""
        if question is not self._asked:
            return
        contacts = self._settled(question)
        if contacts:
            self._found(question.user, question.number, contacts)

    def _settled(self, question: Question) -> tuple[Contact, ...]:
        """Note how a question went; return what was found."""
        self._worker.lookups.end()
        self._asked = None
        self._closed()
        if question.is_given_up:
            self.is_in_time = False
            self._worker.lookup_overdue()
        else:
            self.is_in_time = question.took <= self._host.limits.lookup
            self._count(question.error)
        if self._worker.plugin.state is not PluginState.LOADED:
            self._open -= len(self._waiting)
            self._waiting.clear()
        self._next()
        return question.contacts if not question.is_given_up else ()

    def _closed(self) -> None:
        self._open -= 1

    def _count(self, error: BaseException | None) -> None:
        self._worker.looked_up()
        if error is not None:
            self._worker.failed(f"find_contact: {describe(error)}", error)

    async def _in_task(self, number: Number, context: Context) -> None:
        contacts: tuple[Contact, ...] = ()
        failed: BaseException | None = None
        try:
            async with asyncio.timeout(self._host.limits.deadline) as deadline:
                contacts = _checked(await self._hook.call(number, context))
        except (Exception, SystemExit) as error:  # noqa: BLE001  this is where what plugins raise is caught
            failed = error
        if deadline.expired():
            self._worker.lookup_overdue()
            return
        self._count(failed)
        if contacts:
            self._found(context.user, number, contacts)


class Lookups:
    """Asks all plugins that look numbers up.

    In one turn of the loop `limits.lookup` seconds are waited at most, however many numbers and plugins are asked, and
    none at all for an emergency number: nothing may come between it and the phone system.
    """

    def __init__(self, workers: Iterable[Worker], host: Host, found: Found) -> None:
        self.all = [Lookup(worker, host, found) for worker in workers if "find_contact" in worker.plugin.hooks_by_name]
        self._host = host
        self._left = host.limits.lookup

    def ask(self, number: Number, user: str) -> tuple[Contact, ...]:
        """Return who has a number, as far as that is known at once; nobody has a withheld one."""
        if number.kind is NumberKind.WITHHELD:
            return ()
        asked = [(lookup, lookup.ask(number, user)) for lookup in self.all]
        if number.kind is NumberKind.EMERGENCY:
            return ()
        found: list[Contact] = []
        for lookup, question in asked:
            if question is not None and lookup.is_in_time:
                began = perf_counter()
                found += lookup.answer(question, self._left)
                self._waited(perf_counter() - began)
        return tuple(found)

    def close(self) -> None:
        """Tell nothing any more."""
        for lookup in self.all:
            lookup.close()
        self.all.clear()

    def _waited(self, seconds: float) -> None:
        if self._left == self._host.limits.lookup:
            self._host.loop.call_soon(self._turn_ended)
        self._left = max(0.0, self._left - seconds)

    def _turn_ended(self) -> None:
        self._left = self._host.limits.lookup


def _checked(answer: Any) -> tuple[Contact, ...]:
    """Return the contacts in what a lookup returned; TypeError if it is something else."""
    if not isinstance(answer, (tuple, list)) or not all(isinstance(each, Contact) for each in answer):
        raise TypeError("it did not return a sequence of Contact")
    return tuple(answer)
