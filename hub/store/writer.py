"""The one thread that writes. What waits is written in one transaction, so that many wait for the disk only once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from hub.errors import Problem
from hub.store import actions, calls, posts
from hub.store.pending import Pending
from hub.store.trouble import StoreError, is_the_databases, place_of, trouble
from hub.store.wal import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection, Engine

    from hub.clock import Clock
    from hub.core.call import Call
    from hub.rules.record import ActionRecord

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the writer: records and requests that wait, seconds between attempts while the database is in trouble.

    Records that nobody waits for are gathered for `gather` seconds, so that who claims right after a call was recorded
    does not wait for the disk twice. `tidy_after` is after how many records old ones are looked for. After `rest_after`
    seconds without work, or at the latest after `busy_for` transactions, the log is copied into the database. Calls
    that have ended are settled as soon as there are `settle` of them, as many at once, and without work all.
    """

    most_waiting: int = 10_000
    gather: float = 0.02
    rest_after: float = 1.0
    busy_for: int = 500
    retry_first: float = 0.5
    retry_last: float = 30.0
    tidy_after: int = 1000
    settle: int = 50


@dataclass(slots=True)
class _Asked:
    """What somebody waits for: `answer` or `error` is handed to `future` on its own loop."""

    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    work: Callable[[Connection], Any] | None = None
    key: str = ""
    answer: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Hand it over; to be called on the loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


@dataclass(slots=True)
class _Group:
    """What goes into one transaction."""

    records: Pending
    claims: list[_Asked] = field(default_factory=list)
    flushes: list[_Asked] = field(default_factory=list)

    @property
    def asked(self) -> list[_Asked]:
        return [*self.claims, *self.flushes]


class Writer:
    """The thread and what waits for it.

    `tidy` deletes what is too old, inside a transaction, with the first and now and then. `settle` does what could wait
    for up to so many calls, in one too, and returns for how many it did. `journals(call)` names those that a call which
    is over is to be posted to. `on_trouble` is called on the thread: with a problem when nothing can be written or
    records were lost, with None when writing works again.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limits: Limits,
        clock: Clock,
        tidy: Callable[[Connection], None],
        settle: Callable[[Connection, int], int],
        journals: Callable[[Call], Iterable[str]],
        on_trouble: Callable[[Problem | None], None],
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._clock = clock
        self._tidy = tidy
        self._settle_calls = settle
        self._journals = journals
        self._unsettled = 0
        self._on_trouble = on_trouble
        self._wake = threading.Condition()
        self._pending = Pending(limits.most_waiting)
        self._claims: list[_Asked] = []
        self._flushes: list[_Asked] = []
        self._jobs: list[_Asked] = []
        self._closing = False
        self._is_due = False
        self._retry_at = 0.0
        self._pause = 0.0
        self._written = limits.tidy_after
        self._commits = 0
        self._told = ""
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="phonehub-store", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, deadline: float) -> bool:
        """Write what waits and end; returns whether that was done within so many seconds. To be called off the loop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(deadline)
        return not self._thread.is_alive()

    def record_call(self, call: Call, mark: str) -> None:
        """Let a call's state be written soon, together with the mark; never waits."""
        with self._wake:
            self._gather()
            self._pending.add_call(call, mark)

    def record_mark(self, user: str, mark: str) -> None:
        """Let a mark be written soon; never waits."""
        with self._wake:
            self._gather()
            self._pending.marks[user] = mark

    def record_action(self, record: ActionRecord) -> None:
        """Let an action be written soon; never waits."""
        with self._wake:
            self._gather()
            self._pending.add_action(record)

    async def claim(self, key: str) -> bool:
        """Claim a key for ever; returns, once that is durable, whether nobody had it. Raises `StoreError`."""
        asked = self._new(key=key)
        self._put(lambda: self._claims, asked)
        return bool(await asked.future)

    async def flush(self) -> None:
        """Return when all that was recorded before is durable; raises `StoreError` if it cannot be written."""
        asked = self._new()
        self._put(lambda: self._flushes, asked)
        await asked.future

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction of its own; what it raises is raised here and undoes the transaction."""
        asked = self._new(work=work)
        self._put(lambda: self._jobs, asked)
        answer: T = await asked.future
        return answer

    def _gather(self) -> None:
        """Have the thread woken in a while, with the first record: to wake it twice costs who flushes at once."""
        if not self._pending:
            asyncio.get_running_loop().call_later(self._limits.gather, self._due)

    def _due(self) -> None:
        with self._wake:
            self._is_due = True
            self._wake.notify()

    def _new(self, work: Callable[[Connection], Any] | None = None, key: str = "") -> _Asked:
        loop = asyncio.get_running_loop()
        return _Asked(loop.create_future(), loop, work, key)

    def _put(self, queue_now: Callable[[], list[_Asked]], asked: _Asked) -> None:
        place = place_of(self._engine.url)
        with self._wake:
            if self._closing:
                raise StoreError(Problem(place, "the database is closed", "start phonehub again"))
            queue = queue_now()  # only here: the thread replaces a queue when it takes what is in it
            if len(queue) >= self._limits.most_waiting:
                raise StoreError(Problem(place, f"{len(queue)} requests wait already", "look why the disk is slow"))
            queue.append(asked)
            self._wake.notify()

    # --- on the thread ---

    def _run(self) -> None:
        while self._wait():
            group, jobs = self._take()
            self._write(group)
            for job in jobs:
                self._do(job)
            self._settle(jobs)
            if self._unsettled >= self._limits.settle:
                self._settle_some()
            if self._commits >= self._limits.busy_for:
                self._copy_log()
        if self._connection is not None:
            self._connection.close()

    def _wait(self) -> bool:
        """Wait until there is something to do; returns False when there will never be more."""
        while not self._is_called():
            self._rest()
        with self._wake:
            return not self._closing or bool(self._pending) or self._is_asked()

    def _is_called(self) -> bool:
        """Wait until there is something to do; returns False if there was nothing for a while, and it can rest."""
        with self._wake:
            while not self._closing and not self._is_asked():
                if not self._is_due or not self._pending:
                    if not self._wake.wait(self._limits.rest_after if self._commits else None):
                        return False
                    continue
                until_retry = self._retry_at - time.monotonic()
                if until_retry <= 0:
                    break
                self._wake.wait(until_retry)
            return True

    def _is_asked(self) -> bool:
        return bool(self._jobs or self._claims or self._flushes)

    def _take(self) -> tuple[_Group, list[_Asked]]:
        with self._wake:
            wanted = [asked for asked in self._claims if not asked.future.cancelled()]
            group = _Group(self._pending.take(), wanted, self._flushes)
            jobs, self._jobs = self._jobs, []
            self._claims, self._flushes = [], []
            self._is_due = False
            return group, jobs

    def _write(self, group: _Group) -> None:
        """Write a group; if the database cannot, let its records wait and tell who asked."""
        try:
            if group.records or group.claims:
                self._commit(group)
                self._succeeded()
        except (OperationalError, InterfaceError) as error:
            self._failed(group, error)
        except Exception as error:  # noqa: BLE001  a record that cannot be written must not end the thread
            if isinstance(error, SQLAlchemyError) and is_the_databases(error):
                self._failed(group, error)
            else:
                self._write_singly(group, error)
        self._settle(group.asked)

    def _commit(self, group: _Group) -> None:
        connection = self._connected()
        records = group.records
        with connection.begin():
            calls.write_calls(connection, records.calls.values())
            posts.enqueue(connection, records.calls.values(), self._journals)
            calls.write_marks(connection, records.marks)
            actions.write_actions(connection, records.actions)
            new = set(actions.claim(connection, {asked.key for asked in group.claims}, self._clock.now()))
            self._unsettled += sum(call.ended is not None for call in records.calls.values())
            self._written += len(records.calls) + len(records.actions) + len(new)
            if self._written >= self._limits.tidy_after:
                self._tidy(connection)
                self._written = 0
        self._commits += 1
        for asked in group.claims:
            asked.answer = asked.key in new
            new.discard(asked.key)

    def _write_singly(self, group: _Group, error: Exception) -> None:
        """Find the record that no database takes; the others are written, and who asked is answered."""
        if sum(map(len, (group.records.calls, group.records.actions, group.records.marks, group.asked))) == 1:
            self._refused(group, error)
            return
        for records in group.records.singly():
            self._write(_Group(records))
        for asked in group.claims:
            self._write(_Group(Pending(0), claims=[asked]))
        self._settle(group.flushes)

    def _refused(self, group: _Group, error: Exception) -> None:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        problem = Problem(place_of(self._engine.url), f"one record cannot be written: {said}")
        for asked in group.asked:
            asked.error = StoreError(problem)
        self._on_trouble(problem)

    def _do(self, job: _Asked) -> None:
        if job.work is None or job.future.cancelled():
            return
        try:
            connection = self._connected()
            with connection.begin():
                job.answer = job.work(connection)
            self._commits += 1
        except SQLAlchemyError as error:
            self._drop_connection()
            job.error = trouble(error, self._engine.url) if is_the_databases(error) else error
        except BaseException as error:  # noqa: BLE001  whatever a plugin's work raises belongs to who asked for it
            job.error = error

    def _rest(self) -> None:
        """Do what could wait until nobody else does; who comes meanwhile waits for a part of it only."""
        while not (self._is_asked() or (self._is_due and self._pending)):
            if not self._settle_some():
                self._copy_log()
                return

    def _settle_some(self) -> bool:
        """Settle some calls; return whether there may be more. If it fails, it is tried again after the next ones."""
        try:
            connection = self._connected()
            with connection.begin():
                settled = self._settle_calls(connection, self._limits.settle)
        except SQLAlchemyError as error:
            settled = 0
            self._drop_connection()
            self._tell(trouble(error, self._engine.url).problems[0])
        self._unsettled = max(0, self._unsettled - settled) if settled == self._limits.settle else 0
        return settled == self._limits.settle

    def _copy_log(self) -> None:
        """Copy the log into the database; if that fails, it is tried again after the next transactions."""
        self._commits = 0
        try:
            checkpoint(self._connected())
        except SQLAlchemyError as error:
            self._drop_connection()
            self._tell(trouble(error, self._engine.url).problems[0])

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    def _failed(self, group: _Group, error: SQLAlchemyError) -> None:
        self._drop_connection()
        failure = trouble(error, self._engine.url)
        for asked in group.asked:
            asked.error = StoreError(*failure.problems)
        self._pause = min(max(self._pause * 2, self._limits.retry_first), self._limits.retry_last)
        with self._wake:
            self._retry_at, self._is_due = time.monotonic() + self._pause, True
            self._pending.put_back(group.records)
            dropped, self._pending.dropped = self._pending.dropped, 0
            if self._closing:
                dropped += len(self._pending.calls) + len(self._pending.actions)
                self._pending.take()
        problem = failure.problems[0]
        if dropped:
            problem = Problem(problem.place, f"{problem.cause}; records lost: {dropped}", problem.remedy)
            self._told = ""
        self._tell(problem)

    def _tell(self, problem: Problem) -> None:
        """Tell what is wrong, but not the same over and over."""
        if str(problem) != self._told:
            self._told = str(problem)
            self._on_trouble(problem)

    def _succeeded(self) -> None:
        self._retry_at = self._pause = 0.0
        with self._wake:
            dropped, self._pending.dropped = self._pending.dropped, 0
        if dropped:
            problem = Problem(place_of(self._engine.url), f"the database was too slow; records lost: {dropped}")
            self._on_trouble(problem)
        if self._told:
            self._told = ""
            self._on_trouble(None)

    def _settle(self, asked: list[_Asked]) -> None:
        """Hand answers over, one wake-up for each loop that waits."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Asked]] = {}
        for each in asked:
            by_loop.setdefault(each.loop, []).append(each)
        for loop, those in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle_all, those)


def _settle_all(asked: list[_Asked]) -> None:
    for each in asked:
        each.settle()
