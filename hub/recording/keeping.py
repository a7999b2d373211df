"""Keeps recordings: finishes those that are complete or were left behind, and deletes what is too old or too much."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from hub.errors import UserError
from hub.recording import left_behind
from hub.recording.finishing import Finisher, KeptAsItIs
from hub.recording.library import NoRecording
from hub.recording.sidecar import Stage
from hub.store.recordings import RecordingEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hub.clock import Clock
    from hub.config.sections import RecordingSection
    from hub.core.call import Call
    from hub.recording.library import Library
    from hub.recording.sidecar import Sidecar

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]

TIDY_EVERY = 3600.0
"""Seconds between two looks at what is too old, and at what could not be finished."""
MOST_PUT_OFF = 1000
"""Recordings that wait to be finished once more; for others the next start does that."""
_GIGABYTE = 1_000_000_000


class Keeping:
    """Looks after files that are not written any more."""

    def __init__(
        self,
        library: Library,
        clock: Clock,
        *,
        finisher: Finisher | None = None,
        stop_within: float = 5.0,
    ) -> None:
        self.library = library
        self._clock = clock
        self._finisher = finisher or Finisher()
        self._stop_within = stop_within
        self._tasks: set[asyncio.Task[None]] = set()
        self._put_off: dict[str, Work] = {}
        self._tidying: asyncio.Task[None] | None = None

    def start(
        self,
        folders: Mapping[str, Path],
        settings: Mapping[str, RecordingSection],
        ready: Callable[[Call, Sidecar], None],
    ) -> None:
        """Take up what was left behind in the users' folders, tell of it, and begin to delete what is too old."""
        for user, folder in folders.items():
            self._begin(partial(self._take_up, user, folder, ready), f"recordings of {user} left behind")
        self._tidying = asyncio.create_task(self._tidy(settings), name="recordings: retention")

    async def stop(self) -> None:
        """End, some seconds later at most; what is not finished is taken up at the next start."""
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.wait({self._tidying})
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._stop_within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def settled(self) -> None:
        """Return when nothing is being finished."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def finish(self, path: Path, told: Sidecar, ready: Callable[[Sidecar], None]) -> None:
        """Bring a recording into its final format, and into the library; never waits."""
        self._begin(partial(self._finish, path, told, ready), str(path))

    def _begin(self, work: Work, name: str) -> None:
        task = asyncio.get_running_loop().create_task(self._tried(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tried(self, work: Work, name: str) -> None:
        """Do some work; what fails is tried again later, and holds up nothing else."""
        try:
            await work()
        except FileNotFoundError as error:
            log.warning("%s could not be finished: %s is gone", name, error.filename)
        except (OSError, UserError) as error:
            log.warning("%s could not be finished, that is tried again: %s", name, error)
            if len(self._put_off) < MOST_PUT_OFF:
                self._put_off[name] = work

    async def _finish(self, path: Path, told: Sidecar, ready: Callable[[Sidecar], None]) -> None:
        try:
            done = await self._finisher.finish(path, told)
        except KeptAsItIs as error:
            log.warning("%s: %s", path, error)
            done = error.told
        await self.library.add(entry_of(path, done))
        ready(done)

    async def _take_up(self, user: str, folder: Path, ready: Callable[[Call, Sidecar], None]) -> None:
        """Finish what a crash left, and put into the library what it does not know."""
        for path, told in await asyncio.to_thread(left_behind.found, folder, user):
            await self._tried(partial(self._take_up_one, path, told, ready), str(path))

    async def _take_up_one(self, path: Path, told: Sidecar, ready: Callable[[Call, Sidecar], None]) -> None:
        if told.stage is not Stage.SAVED:
            log.info("finishing %s, which an earlier run left behind", path)
            call = await self.library.call(told.user, told.call)
            await self._finish(path, told, partial(ready, call) if call else _nobody)
        elif await self.library.find(told.user, told.id) is None:
            await self.library.add(entry_of(path, told))

    async def _tidy(self, settings: Mapping[str, RecordingSection]) -> None:
        while True:
            for user, wanted in settings.items():
                try:
                    await self.tidy(user, wanted)
                except UserError as error:
                    log.warning("old recordings of %s could not be deleted: %s", user, error)
            await self._clock.sleep(TIDY_EVERY)
            put_off, self._put_off = self._put_off, {}
            for name, work in put_off.items():
                self._begin(work, name)

    async def tidy(self, user: str, wanted: RecordingSection) -> None:
        """Delete a user's recordings that are too old, and the oldest where there are too many; raises `UserError`."""
        before = self._clock.now() - timedelta(days=wanted.keep_days) if wanted.keep_days else None
        most = round(wanted.keep_gb * _GIGABYTE)
        if before is None and not most:
            return
        for entry in await self.library.outdated(user, before, most):
            try:
                await self.library.delete(user, entry.id, by="retention")
            except NoRecording:
                log.debug("the user has deleted recording %s meanwhile", entry.id)
            except OSError as error:
                log.warning("recording %s of %s could not be deleted: %s", entry.id, user, error)


def _nobody(_told: Sidecar) -> None:
    """The call of a recording is not in the history any more."""


def entry_of(path: Path, told: Sidecar) -> RecordingEntry:
    """Return what the library knows of a recording."""
    return RecordingEntry(
        id=told.id,
        user=told.user,
        call=told.call,
        conversation=told.conversation,
        direction=told.direction,
        name=told.far.name,
        number=told.far.number,
        e164=told.far.e164,
        began=told.began,
        duration=told.duration,
        missing=told.missing,
        format=told.format,
        size=told.size,
        sha256=told.sha256,
        audio=str(path.with_name(told.audio)),
    )
