"""The thread that a plugin's plain `def` hooks run on: they may block it, and nobody else."""

from __future__ import annotations

import contextlib
import inspect
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

Call = tuple["Callable[..., Any]", tuple[Any, ...]]
"""What to call, and its arguments."""


class Overdue(Exception):  # noqa: N818  what it tells
    """A call was given up at its deadline."""


class OnThread(Exception):  # noqa: N818  where it happened
    """A call raised what must not be raised on the loop, such as the SystemExit that is its cause."""


class Batch:
    """Calls to make one after another, up to the first that fails or returns something to await.

    `at` is the place of the call that runs, or of the one that ended the batch, or how many there are. `done` is set on
    the loop when the thread is through with it, or when it is given up.
    """

    def __init__(self, calls: Sequence[Call], done: asyncio.Future[None]) -> None:
        self.calls = calls
        self.done = done
        self.at = 0
        self.error: BaseException | None = None
        self.awaitable: Any = None
        self.is_given_up = False
        self._is_over = False
        self._lock = threading.Lock()

    def give_up(self) -> bool:
        """Begin no further call of it, leave the one that runs to itself; False if none runs any more. On the loop."""
        with self._lock:
            if self._is_over:
                return False
            self.is_given_up = True
        self.finish()
        return True

    async def outcome(self) -> None:
        """Raise what the call that ended the batch raised, or `Overdue`; await what it returned. On the loop."""
        if self.is_given_up:
            raise Overdue
        if isinstance(self.error, Exception) and not isinstance(self.error, StopIteration):
            raise self.error
        if self.error is not None:
            raise OnThread from self.error
        if self.awaitable is not None:
            await self.awaitable

    def finish(self) -> None:
        """Let whoever waits for it go on. On the loop."""
        if not self.done.done():
            self.done.set_result(None)

    def run(self) -> None:
        """Make the calls. On the thread."""
        for place, (call, arguments) in enumerate(self.calls):
            with self._lock:
                if self.is_given_up:
                    return
                self.at = place
            try:
                returned = call(*arguments)
            except BaseException as error:  # noqa: BLE001  on this thread nobody but the plugin raises, whatever it is
                self.error = error
                break
            if returned is not None and inspect.isawaitable(returned):
                self.awaitable = returned
                break
        else:
            self.at = len(self.calls)
        with self._lock:
            self._is_over = not self.is_given_up


class PluginThread:
    """A daemon thread that works off batches; `came_back` is called on the loop if one was given up and then ended."""

    def __init__(self, plugin: str, loop: asyncio.AbstractEventLoop, came_back: Callable[[], None]) -> None:
        self._loop = loop
        self._came_back = came_back
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        threading.Thread(target=self._run, name=f"plugin {plugin}", daemon=True).start()

    def submit(self, batch: Batch) -> None:
        """Work off a batch after those before."""
        self._batches.put(batch)

    def close(self) -> None:
        """End the thread after what it does now."""
        self._batches.put(None)

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            batch.run()
            with contextlib.suppress(RuntimeError):  # the loop may be gone by the time a hook comes back
                self._loop.call_soon_threadsafe(self._came_back if batch.is_given_up else batch.finish)
            if batch.is_given_up:
                return


class ThreadCalls:
    """Makes a plugin's calls on its thread, and on another one where a call had to be given up.

    `hung` counts the threads that were given up and have not come back.
    """

    def __init__(self, plugin: str, loop: asyncio.AbstractEventLoop) -> None:
        self.hung = 0
        self._plugin = plugin
        self._loop = loop
        self._thread: PluginThread | None = None
        self._batch: Batch | None = None

    @property
    def progress(self) -> tuple[int, int] | None:
        """Something different in every call; None where none is made."""
        return (id(self._batch), self._batch.at) if self._batch is not None else None

    async def run(self, calls: Sequence[Call]) -> Batch:
        """Make the calls; return the batch when it has come to its end, or was given up."""
        batch = Batch(calls, self._loop.create_future())
        self.begin(batch)
        try:
            await batch.done
        finally:
            if not batch.done.done() or batch.done.cancelled():
                self.give_up()
            self.end()
        return batch

    def begin(self, batch: Batch) -> None:
        """Hand the thread a batch, when the one before has come to its end."""
        self._batch = batch
        if self._thread is None:
            self._thread = PluginThread(self._plugin, self._loop, self._came_back)
        self._thread.submit(batch)

    def end(self) -> None:
        """Note that the batch has come to its end, or was given up."""
        self._batch = None

    def give_up(self) -> None:
        """Leave the call that runs to itself."""
        if self._batch is not None and self._batch.give_up():
            self.hung += 1
            self._thread = None

    def close(self) -> None:
        """End the thread after what it does now."""
        if self._thread is not None:
            self._thread.close()
            self._thread = None

    def _came_back(self) -> None:
        self.hung -= 1
