"""Everything the hub keeps: calls and how far they were followed, actions and claims, presence, plugins' tables."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from hub.clock import SystemClock
from hub.errors import UserError
from hub.store import actions, calls, migrate, posts, presences, recordings, search
from hub.store.database import Database, check_tables, prepare
from hub.store.engine import make_private, path_of, url_of, writer_engine
from hub.store.past import HistoryEntry, Query, Sort
from hub.store.posts import JournalState, Post, PostState
from hub.store.presences import LoggedChange
from hub.store.reader import Reader
from hub.store.recordings import RecordingEntry, Wanted
from hub.store.trouble import place_of, trouble
from hub.store.wal import make_room
from hub.store.writer import Limits, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine, MetaData

    from hub.clock import Clock
    from hub.core.call import Call
    from hub.errors import Problem
    from hub.presence.standing import Kept
    from hub.rules.record import ActionRecord

__all__ = [
    "HistoryEntry",
    "JournalState",
    "Keep",
    "Limits",
    "LoggedChange",
    "Post",
    "PostState",
    "Query",
    "RecordingEntry",
    "Sort",
    "Store",
]

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How much is kept: calls by number for each user and by age, actions, claims and changes by age."""

    most_calls: int = 100_000
    calls: timedelta = timedelta(days=730)
    actions: timedelta = timedelta(days=90)
    claims: timedelta = timedelta(days=90)
    changes: timedelta = timedelta(days=30)


class Store:
    """The hub's memory. Writing waits for nobody, reading does not wait for writing; both are kept by a database.

    `url` is SQLAlchemy's, SQLite or PostgreSQL. `patience` is for how many seconds another program may hold the
    database. `on_trouble` is called on the loop that opened the store: with a problem when nothing can be written
    (records wait and are tried again) or some had to be dropped, and with None when it works again. `journals(call)`
    names those that a call which is over is to be posted to; it is asked on another thread.
    """

    def __init__(
        self,
        url: str,
        *,
        keep: Keep | None = None,
        limits: Limits | None = None,
        patience: float = 5.0,
        clock: Clock | None = None,
        journals: Callable[[Call], Iterable[str]] = lambda _call: (),
        on_trouble: Callable[[Problem | None], None] = lambda _problem: None,
    ) -> None:
        self._url = url_of(url)
        self._keep = keep or Keep()
        self._limits = limits or Limits()
        self._patience = patience
        self._clock = clock or SystemClock()
        self._journals = journals
        self._on_trouble = on_trouble
        self._reader = Reader(url, patience=patience)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="phonehub-read")
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._databases: list[Database] = []

    async def open(self) -> None:
        """Make the database or bring it up to date, with a copy of an SQLite file beforehand; raises `UserError`."""
        loop = asyncio.get_running_loop()

        def on_trouble(problem: Problem | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._on_trouble, problem)

        self._engine = await self._aside(self._prepare)
        self._writer = Writer(
            self._engine,
            limits=self._limits,
            clock=self._clock,
            tidy=self._tidy,
            settle=search.settle,
            journals=self._journals,
            on_trouble=on_trouble,
        )
        self._writer.start()

    async def close(self, deadline: float = 10.0) -> None:
        """Write what waits, for at most so many seconds, and close. May be called twice."""
        if self._writer is None or self._engine is None:
            return
        writer, self._writer = self._writer, None
        if await self._aside(writer.stop, deadline):
            self._engine.dispose()
        for database in self._databases:
            database.close()
        self._reader.close()
        self._threads.shutdown(wait=False)

    # --- writing ---

    def record_call(self, call: Call, mark: str = "") -> None:
        """Keep a call as it is now, and the mark of its phone system that was reached with it; never waits.

        Calls and marks are written together and in order: after a crash the marks never tell of more than the calls.
        """
        self._writing.record_call(call, mark)

    def record_mark(self, user: str, mark: str) -> None:
        """Keep a mark that no call came with; never waits."""
        self._writing.record_mark(user, mark)

    async def record_action(self, record: ActionRecord) -> None:
        """Keep what a rule did; does not wait until it is durable."""
        self._writing.record_action(record)

    async def flush(self) -> None:
        """Return when all that was recorded before is durable; raises `StoreError` if it cannot be written."""
        await self._writing.flush()

    async def claim(self, key: str) -> bool:
        """Return True exactly once for a key, ever, and only once that is durable; raises `StoreError`."""
        return await self._writing.claim(key)

    async def add_note(self, user: str, call_id: str, text: str) -> None:
        """Write a note to a call; raises `LookupError` if the user has no such call."""
        now = self._clock.now()
        await self._writing.flush()
        await self._writing.run(lambda connection: calls.add_note(connection, user, call_id, text, now))

    async def delete_call(self, user: str, call_id: str) -> bool:
        """Delete a call that is over, with its notes, for good; return whether there was one. Raises `StoreError`."""
        now = self._clock.now()
        await self._writing.flush()
        return await self._writing.run(lambda connection: calls.delete_one(connection, user, call_id, now))

    async def delete_calls(self, user: str, before: datetime | None = None) -> int:
        """Delete all calls that are over, or those begun before a time; return how many. Raises `StoreError`.

        The oldest go first, some at once: others need not wait, and what was deleted stays so whatever happens.
        """
        now = self._clock.now()
        await self._writing.flush()
        total = 0
        while some := await self._writing.run(lambda connection: calls.delete_some(connection, user, before, now)):
            total += some
        return total

    async def change_post(self, post: Post, **changed: Any) -> None:
        """Keep what is new of a post: state, due, attempts, ...; raises `StoreError`."""
        await self._writing.run(lambda connection: posts.change(connection, post, **changed))

    async def postpone_posts(self, user: str, journal: str, until: datetime) -> None:
        """Let nothing be posted to a journal of a user before a time; raises `StoreError`."""
        await self._writing.run(lambda connection: posts.postpone(connection, user, journal, until))

    async def drop_post(self, post: Post) -> None:
        """Forget a post whose call is gone; raises `StoreError`."""
        await self._writing.run(lambda connection: posts.drop(connection, post))

    async def post_again(self, user: str, journal: str = "", call: str = "") -> int:
        """Let what was set aside be posted once more; return how many. Raises `StoreError`."""
        now = self._clock.now()
        return await self._writing.run(lambda connection: posts.post_again(connection, user, journal, call, now))

    async def add_recording(self, entry: RecordingEntry) -> None:
        """Keep a recording as it is now; raises `StoreError`."""
        await self._writing.run(lambda connection: recordings.write(connection, entry))

    async def recording_deleted(self, user: str, recording: str, by: str) -> None:
        """Note who deleted a recording's file; raises `StoreError`."""
        now = self._clock.now()
        await self._writing.run(lambda connection: recordings.mark_deleted(connection, user, recording, now, by))

    async def keep_presence(self, user: str, kept: Kept) -> None:
        """Remember how a user's presence stands; returns when that is durable, raises `StoreError`."""
        await self._writing.run(lambda connection: presences.write(connection, user, kept))

    async def log_changes(self, changes: Iterable[LoggedChange]) -> None:
        """Log changes of presence, availability and DND, and forget those that are too old; raises `StoreError`."""
        logged, before = tuple(changes), self._clock.now() - self._keep.changes
        await self._writing.run(lambda connection: presences.add_changes(connection, logged, before))

    # --- reading ---

    async def kept_presence(self, user: str) -> Kept:
        """Return what is remembered of a user's presence."""
        return await self._aside(self._reader.kept_presence, user)

    async def changes(
        self, user: str, *, since: datetime | None = None, kind: str = "", limit: int = 200
    ) -> list[LoggedChange]:
        """Return the changes of a user's presence, availability and DND that are kept, newest first."""
        oldest = self._clock.now() - self._keep.changes
        return await self._aside(self._reader.changes, user, since=max(oldest, since or oldest), kind=kind, limit=limit)

    async def calls(self, user: str, **wanted: Any) -> list[HistoryEntry]:
        """Return a user's call history; `wanted` as in `Query`: since, until, search, sort, limit, ..."""
        return await self._aside(self._reader.entries, Query(user=user, **wanted))

    async def entry(self, user: str, call_id: str) -> HistoryEntry | None:
        """Return one line of a user's call history, None if there is no call of that id."""
        return await self._aside(self._reader.entry, user, call_id)

    async def past_calls(self, user: str, **wanted: Any) -> list[Call]:
        """Return a user's past calls whole, newest first; `wanted` as in `Query`."""
        return await self._aside(self._reader.calls, Query(user=user, **wanted))

    async def posts(self, user: str, **wanted: Any) -> list[Post]:
        """Return what of a user was posted to journals or is to be; `wanted`: journal, state, limit."""
        return await self._aside(self._reader.posts, user, **wanted)

    async def next_post(self, user: str, journal: str) -> Post | None:
        """Return what is to be posted next to a journal, which may be due in the future; None if nothing waits."""
        return await self._aside(self._reader.next_post, user, journal)

    async def journal(self, user: str, journal: str) -> JournalState:
        """Return how a journal of a user stands."""
        return await self._aside(self._reader.journal, user, journal)

    async def open_calls(self, user: str) -> list[Call]:
        """Return the calls that had not ended when they were last heard of, oldest first."""
        return await self._aside(self._reader.open_calls, user)

    async def former_calls(self, user: str, limit: int = 1000) -> list[str]:
        """Return the ids of the latest calls that have ended, oldest first."""
        return await self._aside(self._reader.former_calls, user, limit)

    async def call(self, user: str, call_id: str) -> Call | None:
        """Return a call of the history whole, None if the user has none of that id."""
        return await self._aside(self._reader.call, user, call_id)

    async def recordings(self, user: str, **wanted: Any) -> list[RecordingEntry]:
        """Return a user's recordings, newest first; `wanted` as in `Wanted`: since, until, call, search, limit, ..."""
        return await self._aside(self._reader.recordings, Wanted(user=user, **wanted))

    async def recording(self, user: str, recording: str) -> RecordingEntry | None:
        """Return one of a user's recordings, None if there is none of that id."""
        return await self._aside(self._reader.recording, user, recording)

    async def outdated_recordings(self, user: str, before: datetime | None, most_bytes: int) -> list[RecordingEntry]:
        """Return the recordings begun before a time, and the oldest of those beyond so many bytes (0: any number)."""
        return await self._aside(self._reader.outdated_recordings, user, before, most_bytes)

    async def mark(self, user: str) -> str:
        """Return how far the user's phone system was followed, empty at the start."""
        return await self._aside(self._reader.mark, user)

    async def actions(
        self, user: str, *, since: datetime | None = None, rule: str = "", call: str = "", limit: int = 200
    ) -> list[ActionRecord]:
        """Return what the user's rules did, newest first."""
        return await self._aside(self._reader.actions, user, since=since, rule=rule, call=call, limit=limit)

    # --- plugins ---

    async def database(self, plugin: str, tables: MetaData, migrations: Path | None = None) -> Database:
        """Make a plugin's tables, or bring them up to date by the revisions in a folder; raises `UserError`."""
        check_tables(plugin, tables)
        await self._writing.run(prepare(plugin, tables, migrations))
        database = Database(self._writing, self._reader, plugin)
        self._databases.append(database)
        return database

    # --- opening ---

    @property
    def _writing(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("the store is not open")
        return self._writer

    async def _aside(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do what blocks on threads of the store's own: those that all share may be held up by a plugin."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))

    def _prepare(self) -> Engine:
        path = path_of(self._url)
        if path is not None:
            make_private(path)
        engine = writer_engine(self._url, self._patience)
        try:
            with engine.begin() as connection:
                at = migrate.current(connection)
            if path is not None and migrate.is_outdated(at):
                migrate.back_up(path, at)
            with engine.begin() as connection:
                migrate.upgrade(connection)
            with engine.connect() as connection:
                make_room(connection)
        except SQLAlchemyError as error:
            engine.dispose()
            raise trouble(error, self._url) from None
        except UserError as error:
            engine.dispose()
            problem = error.problems[0]
            raise UserError.of(problem.cause, problem.remedy, place_of(self._url)) from None
        return engine

    def _tidy(self, connection: Connection) -> None:
        now = self._clock.now()
        calls.prune(connection, self._keep.most_calls, now - self._keep.calls)
        actions.prune(connection, now - self._keep.actions, now - self._keep.claims)
