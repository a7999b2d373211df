"""Signs that something in a folder has changed, from the operating system; what it is, is found by looking."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from pathlib import Path

    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

_LEAVES_WITHIN = 5.0


class FolderSigns:
    """Waits for signs, and `settle` seconds more, so that what is being written is whole."""

    def __init__(self, folder: Path, settle: float) -> None:
        self._folder = folder
        self._settle = settle
        self._sign = asyncio.Event()
        self._lock = Lock()
        self._observer: BaseObserver | None = None
        self._is_closed = False

    async def begin(self) -> None:
        """Watch from now on."""
        if self._observer is None:
            await asyncio.to_thread(self._watch, asyncio.get_running_loop())

    async def wait(self) -> None:
        """Return after the next sign; never where the system gives none."""
        await self.begin()
        await self._sign.wait()
        await asyncio.sleep(self._settle)
        self._sign.clear()

    async def close(self) -> None:
        """Watch no more."""
        await asyncio.to_thread(self._leave)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch, unless somebody who has since been cancelled has it watched already."""
        # an OSError: it is not there, or there are no more watches to give; it is looked at now and then anyway
        with self._lock, suppress(OSError):
            if self._observer is None and not self._is_closed:
                observer = Observer()
                observer.daemon = True
                observer.schedule(_Handler(loop, self._sign), str(self._folder))
                observer.start()
                self._observer = observer

    def _leave(self) -> None:
        with self._lock:
            self._is_closed = True
            observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(_LEAVES_WITHIN)


class _Handler(FileSystemEventHandler):
    def __init__(self, loop: asyncio.AbstractEventLoop, sign: asyncio.Event) -> None:
        self._loop = loop
        self._sign = sign

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Give a sign, unless somebody only reads."""
        if event.event_type not in ("opened", "closed_no_write"):
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._sign.set)
