"""Imports of one user: one at a time, seen by nobody until it is done, told of as it goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from hub import UserError
from hub_contacts.importing import staging
from hub_contacts.importing.spool import RefusedSpool
from hub_contacts.keys import keys_of
from hub_contacts.refused import Refused
from hub_contacts.rows import ImportGoesOn
from hub_contacts.stored import Stored, as_ours, new_id
from hub_contacts.told import ImportChanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from hub import Context, DialPlan
    from hub_contacts.importing.duplicates import Duplicates
    from hub_contacts.importing.opened import Opened

_AT_ONCE = 500
_BYTES_AT_ONCE = 8_000_000
_BETWEEN = 0.25
"""Seconds between two events that tell how an import goes on."""
_RETRY = 30.0
"""Seconds until what could not be cleared away is tried again."""


class State(StrEnum):
    """How an import stands. Of one that FAILED or was STOPPED, nothing is kept."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(slots=True, kw_only=True, eq=False)
class Import:
    """A file that is being imported, or was: `read` of its `size` in bytes so far, and what became of its contacts."""

    id: str
    file: BinaryIO
    opened: Opened
    size: int
    refused: RefusedSpool
    duplicates: Duplicates
    is_dry: bool = False
    state: State = State.RUNNING
    reason: str = ""
    read: int = 0
    counts: staging.Counts = field(default_factory=staging.Counts)
    is_unwanted: bool = False
    batch: int = 0

    def next(self, plan: DialPlan, now: float) -> list[Stored] | None:
        """Read on; return the next contacts, None at the end of the file. To be called on a thread."""
        taken = self.opened.take(_AT_ONCE, _BYTES_AT_ONCE)
        self.read = min(self.file.tell(), self.size)
        self.refused.add(each for each in taken if isinstance(each, Refused))
        found = [as_ours(each) for each in taken if not isinstance(each, Refused)]
        stored = [Stored(id=new_id(), contact=each, keys=keys_of(each, plan), changed=now) for each in found]
        return stored if taken else None


class Imports:
    """The imports of a user; the last few are remembered."""

    def __init__(
        self, context: Context, plan: Callable[[], DialPlan], changed: Callable[[int], None], most_kept: int = 5
    ) -> None:
        self._context = context
        self._plan = plan
        self._changed = changed
        self._most_kept = most_kept
        self._known: dict[str, Import] = {}
        self._running: asyncio.Task[None] | None = None
        self._clearing: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin: clear away what was left behind when the hub was killed."""
        self._clear()

    def get(self, import_id: str) -> Import | None:
        """Return an import that is running or was one of the last."""
        return self._known.get(import_id)

    @property
    def all(self) -> list[Import]:
        """Those that are remembered, the newest first."""
        return [*reversed(self._known.values())]

    def check_free(self) -> None:
        """Raise `ImportGoesOn` if one is running."""
        if self._running is not None and not self._running.done():
            raise ImportGoesOn.of("an import is going on", "wait until it is done, or stop it")

    def begin(
        self, file: BinaryIO, opened: Opened, size: int, duplicates: Duplicates, *, is_dry: bool = False
    ) -> Import:
        """Import a file of that size, which is closed at the end; raises `ImportGoesOn`."""
        self.check_free()
        begun = Import(
            id=new_id(),
            file=file,
            opened=opened,
            size=size,
            refused=RefusedSpool(self._context.folder),
            duplicates=duplicates,
            is_dry=is_dry,
        )
        self._known[begun.id] = begun
        while len(self._known) > self._most_kept:
            self._known.pop(next(iter(self._known))).refused.close()
        self._running = self._context.spawn(self._run(begun), "an import")
        self._running.add_done_callback(partial(self._ended, begun))
        return begun

    async def stop(self, which: Import | None = None) -> None:
        """Stop this one, or any that is running, and return when nothing is left of it."""
        for each in self._known.values():
            each.is_unwanted |= which in {None, each}
        if self._running is not None and (which is None or which.state is State.RUNNING):
            await asyncio.wait([self._running])

    def close(self) -> None:
        """Forget them all; one that is running goes no further, and is cleared away at the next start."""
        if self._running is not None:
            self._running.cancel()
        for each in self._known.values():
            each.refused.close()
        self._known.clear()

    async def _run(self, begun: Import) -> None:
        try:
            if self._clearing is not None:
                await asyncio.wait([self._clearing])
            state = await self._staged(begun)
            if state is State.STOPPED or begun.is_dry:
                await self._clear()
            begun.state = state
        except UserError as error:
            begun.state, begun.reason = State.FAILED, str(error)
        finally:
            begun.file.close()

    def _ended(self, begun: Import, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        if begun.state is State.RUNNING:
            begun.state, begun.reason = State.FAILED, "something went wrong in the hub; its log says what"
        self._clear()
        self._tell(begun)
        if begun.state is State.DONE and not begun.is_dry:
            self._changed(begun.batch)

    async def _staged(self, begun: Import) -> State:
        """Read the file to its end, and let its contacts be there at once."""
        database, clock = self._context.database, self._context.clock
        batch = begun.batch = await database.run(partial(staging.begin, user=self._context.user))
        plan, now = self._plan(), clock.now().timestamp()
        told = clock.monotonic()
        self._tell(begun)
        while (chunk := await asyncio.to_thread(begun.next, plan, now)) is not None and not begun.is_unwanted:
            work = partial(
                staging.stage,
                user=self._context.user,
                batch=batch,
                chunk=chunk,
                duplicates=begun.duplicates,
                plan=plan,
            )
            begun.counts += await database.run(work)
            if clock.monotonic() - told >= _BETWEEN:
                told = clock.monotonic()
                self._tell(begun)
        if begun.is_unwanted:
            return State.STOPPED
        if not begun.is_dry:
            await database.run(partial(staging.switch, batch=batch))
        return State.DONE

    def _clear(self) -> asyncio.Task[None]:
        if self._clearing is None or self._clearing.done():
            self._clearing = self._context.spawn(self._cleared(), "clearing away after imports")
        return self._clearing

    async def _cleared(self) -> None:
        """Undo what is not to be, and delete what was replaced; tried again and again while the database cannot."""
        database, user = self._context.database, self._context.user
        while True:
            try:
                for batch in await database.read(partial(staging.left_behind, user=user)):
                    while await database.run(partial(staging.discard_some, batch=batch)):
                        pass
                while await database.run(partial(staging.sweep_some, user=user)):
                    pass
            except UserError as error:
                self._context.log.warning("an import cannot be cleared away yet: %s", error)
                await self._context.clock.sleep(_RETRY)
            else:
                return

    def _tell(self, begun: Import) -> None:
        self._context.emit(
            ImportChanged,
            id=begun.id,
            state=begun.state.value,
            read=begun.read,
            size=begun.size,
            added=begun.counts.added,
            merged=begun.counts.merged,
            skipped=begun.counts.skipped,
            refused=begun.refused.count,
        )
