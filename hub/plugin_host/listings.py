from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from hub.core.directory import Listing, Part

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from hub.core.directory import Directory

    Change = Listing | str
    """What is listed, or the id of what is listed no more."""

_SWAPPED_WITHIN = 30.0
"""Seconds that the loop may take to put what was loaded in its place."""


class Listings:
    """What one plugin lists in a user's directory: whom it knows by which number. For the loop and for threads.

    A ring looks there, and carries the name, without running any of the plugin's code. Of many changes so many are made
    `at_once`, and the rest after the loop has had its turn.
    """

    def __init__(
        self,
        directory: Directory,
        plugin: str,
        loop: asyncio.AbstractEventLoop,
        loop_thread: int,
        *,
        at_once: int = 500,
    ) -> None:
        self._directory = directory
        self._plugin = plugin
        self._loop = loop
        self._loop_thread = loop_thread
        self._at_once = at_once
        self._waiting: deque[Change | Loaded] = deque()
        self._loading: list[Loaded] = []
        self._lock = threading.Lock()

    def put(self, listings: Iterable[Listing]) -> None:
        """List contacts, new ones or in place of those of the same ids."""
        self._change(list(listings))

    def remove(self, ids: Iterable[str]) -> None:
        """List contacts no more; ids that are not listed do not matter."""
        self._change(list(ids))

    def load(self, listings: Iterable[Listing]) -> None:
        """List these contacts and no others, from one moment to the next; what is changed meanwhile stays changed.

        Takes seconds for a million: to be called from a thread, unless there are few.
        """
        loaded = Loaded()
        with self._lock:
            self._loading.append(loaded)
        try:
            for each in listings:
                loaded.part.put(each)
        except BaseException:
            with self._lock:
                self._loading.remove(loaded)
            raise
        self._waiting.append(loaded)
        self._wake()
        if threading.get_ident() != self._loop_thread and loaded.done.wait(_SWAPPED_WITHIN):
            loaded.before.empty()

    def _change(self, changes: list[Change]) -> None:
        with self._lock:
            for loaded in self._loading:
                loaded.since += changes
            self._waiting += changes
        self._wake()

    def _wake(self) -> None:
        if threading.get_ident() == self._loop_thread:
            self._work_off()
        else:
            self._loop.call_soon_threadsafe(self._work_off)

    def _work_off(self) -> None:
        """Make some of the changes that wait, in order."""
        for _ in range(min(self._at_once, len(self._waiting))):
            change = self._waiting.popleft()
            if isinstance(change, Loaded):
                self._swap_in(change)
            else:
                _make(self._directory.part(self._plugin), change)
        if self._waiting:
            self._loop.call_soon(self._work_off)

    def _swap_in(self, loaded: Loaded) -> None:
        with self._lock:
            self._loading.remove(loaded)
        for change in loaded.since:
            _make(loaded.part, change)
        loaded.before = self._directory.swap(self._plugin, loaded.part)
        loaded.done.set()


class Loaded:
    """What is loaded, the changes `since` that was begun, and, when it is `done`, what was there `before`."""

    def __init__(self) -> None:
        self.part = self.before = Part()
        self.since: list[Change] = []
        self.done = threading.Event()


def _make(part: Part, change: Change) -> None:
    if isinstance(change, str):
        part.remove(change)
    else:
        part.put(change)
