"""One source of one user: on or off, refreshed now and then, when it says so, when we have edited, or on demand."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from hub import Problem, SignIn, SourceError, SourceRefused, SourceUnreachable, UserError
from hub_contacts.sources import links
from hub_contacts.sources.links import Standing
from hub_contacts.sources.syncing import Sync
from hub_contacts.told import ContactsFound, SourceChanged

if TYPE_CHECKING:
    from hub import ContactSource, ContactSourceKind, Context
    from hub_contacts.book import Book
    from hub_contacts.sources.settings import SourceTable

_TIMES = 3
"""So often it goes on at once where something changed meanwhile."""
_GATHERED = 2.0
"""Seconds after an edit of ours until it is brought there, with what else is edited meanwhile."""
_FIRST_RETRY = 30.0
_REFUSED_RETRY = 3600.0
"""Seconds until a source that refused is asked again: a wrong password, told too often, locks the account there."""
_SIGN_IN = 900.0
"""Seconds that a person may take to sign in."""


class State(StrEnum):
    """How a source stands."""

    OFF = "off"
    REFRESHING = "refreshing"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class Report:
    """What there is to tell of a source."""

    state: State = State.OFF
    contacts: int = 0
    conflicts: int = 0
    problems: tuple[Problem, ...] = ()
    error: tuple[Problem, ...] = ()
    signing_in: SignIn | None = None


class Account:
    """A configured source and its worker; `report` and `standing` say how it stands."""

    def __init__(
        self, name: str, table: SourceTable, standing: Standing, contacts: int, book: Book, context: Context
    ) -> None:
        self.name = name
        self.table = table
        self.report = Report(contacts=contacts)
        self.standing = standing
        self._book = book
        self._context = context
        self._source: ContactSource | None = None
        self._worker: asyncio.Task[None] | None = None
        self._signing: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._accept = False
        self._edited = asyncio.Event()
        self._refreshed = asyncio.Event()
        self._failures = 0
        self._is_refused = False

    @property
    def is_enabled(self) -> bool:
        """Whether it is on, by a person's word, else by the configuration."""
        return self.table.enabled if self.standing.enabled is None else self.standing.enabled

    @property
    def writable(self) -> bool:
        """Whether what is edited here goes there, as far as is known."""
        return not self.table.read_only and (self._source is None or self._source.writable)

    def start(self) -> None:
        """Begin to work, where it is on."""
        if self.is_enabled and (self._worker is None or self._worker.done()):
            self.report = replace(self.report, state=State.REFRESHING, error=())
            self._worker = self._context.spawn(self._work(), f"contacts source {self.name}")
            self._worker.add_done_callback(self._ended)

    async def switch(self, *, on: bool) -> None:
        """Switch it on, or off, which deletes its contacts here, and nothing there."""
        await self._keep(replace(self.standing, enabled=on))
        if on:
            self.start()
            return
        await self.stop()
        self.standing = Standing(enabled=False)
        await self._context.database.run(partial(links.forget, user=self._context.user, source=self.name))
        await self._book.delete_all(self.name)
        self._tell(Report(State.OFF))

    async def stop(self) -> None:
        """Work no more."""
        for task in (self._worker, self._signing):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        self._worker = self._signing = None

    async def refresh(self, *, accept: bool = False, within: float = 20.0) -> None:
        """Look now; return when that is done, or after so many seconds. `accept` that most contacts are deleted.

        Raises `SourceRefused` where it is off.
        """
        if not self.is_enabled:
            raise SourceRefused.of("it is off", f"phonehub contacts sources enable {self.name}", self.name)
        self._refreshed.clear()
        self._accept = self._accept or accept
        self._wanted.set()
        self.start()
        try:
            async with asyncio.timeout(within):
                await self._refreshed.wait()
        except TimeoutError:
            return

    async def sign_in(self, within: float = 20.0) -> SignIn | None:
        """Begin to sign in; return what a person has to do, None where it was done at once. Raises `SourceError`."""
        if not self.is_enabled:
            raise SourceRefused.of("it is off", f"phonehub contacts sources enable {self.name}", self.name)
        if self._signing is None or self._signing.done():
            asked: asyncio.Future[SignIn | None] = asyncio.get_running_loop().create_future()
            self._signing = self._context.spawn(self._sign_in(asked), f"signing in at {self.name}")
            try:
                async with asyncio.timeout(within):
                    return await asked
            except TimeoutError:
                told = f"it did not say within {within:g} s how to sign in"
                raise SourceUnreachable.of(told, "try again", self.name) from None
        return self.report.signing_in

    def look(self) -> None:
        """Look soon whether something of ours is to be brought there."""
        if self._source is not None and self.writable:
            self._edited.set()

    # --- the worker ---

    async def _work(self) -> None:
        try:
            while True:
                await self._once()
                if not self._wanted.is_set():  # by somebody who came while it was at work
                    self._refreshed.set()
                await self._rest()
        finally:
            if self._source is not None:
                source, self._source = self._source, None
                await source.close()

    async def _once(self) -> None:
        accept, self._accept = self._accept, False
        self._wanted.clear()
        conflicts, found = self.report.conflicts, 0
        try:
            sync = self._sync()
            for _ in range(_TIMES):
                standing, outcome = await sync.run(self.standing, accept=accept)
                # what a person has chosen meanwhile stays
                await self._keep(replace(standing, enabled=self.standing.enabled))
                conflicts, found = conflicts + outcome.conflicts, found + outcome.found
                if not outcome.again:
                    break
        except UserError as error:
            self._failures += 1
            self._is_refused = isinstance(error, SourceRefused)
            failed = replace(self.report, state=State.FAILED, conflicts=conflicts, error=error.problems)
            if failed.error != self.report.error:
                self._context.log.warning("contacts source %s: %s", self.name, error)
            self._tell(failed)
        else:
            self._failures = 0
            for problem in outcome.problems:
                if problem not in self.report.problems:
                    self._context.log.warning("contacts source %s: %s", self.name, problem)
            count = partial(links.count_contacts, user=self._context.user, source=self.name)
            contacts = await self._context.database.read(count)
            signing_in = self.report.signing_in
            self._tell(Report(State.READY, contacts, conflicts, tuple(outcome.problems), (), signing_in))
        if found:
            self._context.log.info("contacts source %s shows %d new contacts", self.name, found)
            self._context.emit(ContactsFound, source=self.name, count=found)

    def _sync(self) -> Sync:
        return Sync(self.name, self._opened(), self._book, self._context, read_only=self.table.read_only)

    def _opened(self) -> ContactSource:
        if self._source is None:
            kind: ContactSourceKind
            kind, settings = self.table.checked(self.name, self._context.contact_sources)
            self._source = kind.open(self.name, settings, self._context)
        return self._source

    async def _rest(self) -> None:
        """Return when it is time to look again."""
        pause = pause_after(self._failures, self.table.interval, refused=self._is_refused)
        causes = (self._context.clock.sleep(pause), self._wanted.wait(), self._told(), self._has_edits())
        waiting = [asyncio.ensure_future(each) for each in causes]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _told(self) -> None:
        """Return when the source says that it has changed."""
        if self._source is not None:
            with suppress(SourceError):
                await self._source.changed()
                return
        await asyncio.Event().wait()

    async def _has_edits(self) -> None:
        """Return when something of ours is to be brought there; not after a failure, which has its own time."""
        while True:
            await self._edited.wait()
            self._edited.clear()
            await self._context.clock.sleep(_GATHERED)
            with suppress(UserError):  # the store cannot be read now
                if not self._failures and await self._sync().is_edited():
                    return

    async def _sign_in(self, asked: asyncio.Future[SignIn | None]) -> None:
        def tell(what: SignIn) -> None:
            self.report.signing_in = what
            if not asked.done():
                asked.set_result(what)

        try:
            async with asyncio.timeout(_SIGN_IN):
                await self._opened().sign_in(tell)
        except TimeoutError:
            self._context.log.warning("contacts source %s: nobody signed in", self.name)
        except SourceError as error:
            self._tell(replace(self.report, state=State.FAILED, error=error.problems))
            self._context.log.warning("contacts source %s: %s", self.name, error)
            if not asked.done():
                asked.set_exception(error)
        else:
            self.report = replace(self.report, state=State.REFRESHING, error=())
            self._wanted.set()
            self.start()
        finally:
            self.report.signing_in = None
            if not asked.done():
                asked.set_result(None)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._refreshed.set()
        if not task.cancelled() and task.exception() is not None:
            problem = Problem(self.name, "something went wrong in it", "the hub's log says what; refresh it")
            self._tell(replace(self.report, state=State.FAILED, error=(problem,)))

    def _tell(self, report: Report) -> None:
        changed = (report.state, report.contacts, report.conflicts, report.error) != (
            self.report.state, self.report.contacts, self.report.conflicts, self.report.error,
        )  # fmt: skip
        self.report = report
        if changed:
            self._context.emit(
                SourceChanged,
                source=self.name,
                state=report.state.value,
                contacts=report.contacts,
                conflicts=report.conflicts,
                error="; ".join(map(str, report.error)),
            )

    async def _keep(self, standing: Standing) -> None:
        self.standing = standing
        work = partial(links.write_standing, user=self._context.user, source=self.name, standing=standing)
        await self._context.database.run(work)


def pause_after(failures: int, interval: float, *, refused: bool) -> float:
    """Return the seconds until a source is asked again, after so many failures in a row, the last of them a refusal."""
    if not failures:
        return interval
    return max(interval, _REFUSED_RETRY) if refused else min(interval, _FIRST_RETRY * 2 ** min(failures - 1, 10))
