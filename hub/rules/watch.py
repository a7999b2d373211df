"""Follows the folders of rule files. The operating system only says "look again"; what is there is found by looking."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from hub.rules.folders import is_rule_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from watchdog.observers.api import BaseObserver, ObservedWatch

    from hub.rules.folders import Library

log = logging.getLogger(__name__)

T = TypeVar("T")

_LEAVES_WITHIN = 5.0


_INOTIFY_LOG = logging.getLogger("watchdog.observers.inotify")


def _is_no_goodbye(record: logging.LogRecord) -> bool:
    """Leave out that an observer was told to stop while something happened, which it calls an error."""
    return "when the thread is inactive" not in str(record.msg)


class Watcher:
    """Keeps a library up to date and calls `changed` on the loop each time anything in it is different.

    It looks `settle` seconds after a sign of change, so that a file which is being written is whole, and every `rescan`
    seconds without one: network folders give no sign, and a crowded queue may lose some.
    """

    def __init__(
        self, library: Library, changed: Callable[[], None], *, settle: float = 0.05, rescan: float = 15.0
    ) -> None:
        self._library = library
        self._changed = changed
        self._settle = settle
        self._rescan = rescan
        self._sign = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="phonehub-rules")
        self._task: asyncio.Task[None] | None = None
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, tuple[int, ObservedWatch]] = {}
        self._replaced: set[Path] = set()

    async def start(self) -> None:
        """Look for the first time and begin to follow."""
        loop = asyncio.get_running_loop()
        handler = _Signs(
            {folder.path for folder in self._library.folders}, lambda: self._sign_from(loop), self._replaced.add
        )
        await self._apart(self._begin, handler)
        if await self._apart(self._library.look):
            self._changed()
        self._task = asyncio.create_task(self._follow(handler), name="rules: watch")

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._observer is not None:
            observer, self._observer = self._observer, None
            _INOTIFY_LOG.addFilter(_is_no_goodbye)
            observer.stop()
            await self._apart(observer.join, _LEAVES_WITHIN)
            _INOTIFY_LOG.removeFilter(_is_no_goodbye)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _apart(self, work: Callable[..., T], *arguments: object) -> T:
        """Return what blocking work returns, done on a thread of its own: the shared ones may all be busy."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def look_again(self) -> None:
        """Look soon: something else than the folders has changed."""
        self._sign.set()

    def _sign_from(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(self._sign.set)

    async def _follow(self, handler: _Signs) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sign.wait(), self._rescan)
            await asyncio.sleep(self._settle)
            self._sign.clear()
            await self._apart(self._watch_anew, handler)
            if await self._apart(self._library.look):
                self._changed()

    def _begin(self, handler: _Signs) -> None:
        self._observer = Observer()
        self._observer.daemon = True
        try:
            self._observer.start()
        except OSError as error:  # the system has no more watches to give
            log.warning("rule folders are looked at every %g s only: %s", self._rescan, error)
            self._observer = None
        self._watch_anew(handler)

    def _watch_anew(self, handler: _Signs) -> None:
        """Watch each folder as it is now, and the one it is in: it may come, go, and come back as another."""
        if self._observer is None:
            return
        wanted = {path for folder in self._library.folders for path in (folder.path, folder.path.parent)}
        for path in wanted:
            try:
                inode = path.stat().st_ino
            except OSError:
                inode = 0
            watched = self._watched.get(path)
            if watched and (watched[0] != inode or path in self._replaced):
                self._replaced.discard(path)
                del self._watched[path]
                with suppress(KeyError, OSError):
                    self._observer.unschedule(watched[1])
            if inode and path not in self._watched:
                try:
                    self._watched[path] = (inode, self._observer.schedule(handler, str(path)))
                except OSError as error:
                    log.warning("%s is looked at every %g s only: %s", path, self._rescan, error)


class _Signs(FileSystemEventHandler):
    """Takes what the operating system says of the folders, on a thread of its own."""

    def __init__(self, folders: set[Path], sign: Callable[[], None], replaced: Callable[[Path], None]) -> None:
        self._folders = {str(folder): folder for folder in folders}
        self._sign = sign
        self._replaced = replaced

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Give a sign where a rule file or its folder is concerned, and somebody wrote rather than read."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        for path in (str(event.src_path), str(event.dest_path)):
            if path in self._folders and event.event_type in ("created", "deleted", "moved"):
                self._replaced(self._folders[path])  # another folder of that name, even with the number of the old one
            if path in self._folders or is_rule_file(path.replace("\\", "/").rpartition("/")[2]):
                self._sign()
                return
