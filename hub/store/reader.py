"""Reading the history, from the hub or from another process while the hub writes; nothing here waits for the writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from hub.errors import UserError
from hub.store import actions, calls, migrate, past, posts, presences, recordings
from hub.store.engine import path_of, reader_engine, url_of
from hub.store.trouble import place_of, trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.core.call import Call
    from hub.presence.standing import Kept
    from hub.rules.record import ActionRecord
    from hub.store.past import HistoryEntry, Query
    from hub.store.posts import JournalState, Post
    from hub.store.presences import LoggedChange
    from hub.store.recordings import RecordingEntry, Wanted

T = TypeVar("T")


class Reader:
    """Reads a store, from any thread. Everything raises `UserError` if the database cannot be read."""

    def __init__(self, url: str, *, patience: float = 5.0) -> None:
        self._url = url_of(url)
        self._engine = reader_engine(self._url, patience)

    def check(self) -> None:
        """Raise `UserError` unless there is a database of this version's."""
        path = path_of(self._url)
        if path is not None and not path.is_file():
            raise UserError.of("there is no history yet", 'the hub writes it: "phonehub run"', str(path))
        at, latest = self.read(migrate.current), migrate.latest()
        if at != latest:
            cause = f"it is at revision {at or 'none'}, this version reads {latest}"
            raise UserError.of(cause, '"phonehub run" brings an older one up to date', place_of(self._url))

    def entries(self, query: Query) -> list[HistoryEntry]:
        """Return lines of the call history."""
        return self.read(lambda connection: past.read_entries(connection, query))

    def entry(self, user: str, call_id: str) -> HistoryEntry | None:
        """Return one line of the call history, None if the user has no call of that id."""
        return self.read(lambda connection: past.read_entry(connection, user, call_id))

    def calls(self, query: Query) -> list[Call]:
        """Return past calls whole."""
        return self.read(lambda connection: past.read_calls(connection, query))

    def posts(self, user: str, **wanted: Any) -> list[Post]:
        """Return what was posted to journals or is to be, the latest calls first."""
        return self.read(lambda connection: posts.read(connection, user, **wanted))

    def next_post(self, user: str, journal: str) -> Post | None:
        """Return what is to be posted next to a journal, None if nothing waits."""
        return self.read(lambda connection: posts.read_next(connection, user, journal))

    def journal(self, user: str, journal: str) -> JournalState:
        """Return how a journal of a user stands."""
        return self.read(lambda connection: posts.read_state(connection, user, journal))

    def open_calls(self, user: str) -> list[Call]:
        """Return the user's calls that had not ended, oldest first."""
        return self.read(lambda connection: calls.read_open_calls(connection, user))

    def former_calls(self, user: str, limit: int) -> list[str]:
        """Return the ids of the user's latest calls that have ended, oldest first."""
        return self.read(lambda connection: calls.read_former_calls(connection, user, limit))

    def call(self, user: str, call_id: str) -> Call | None:
        """Return one call whole, None if the user has none of that id."""
        return self.read(lambda connection: calls.read_call(connection, user, call_id))

    def recordings(self, wanted: Wanted) -> list[RecordingEntry]:
        """Return recordings, newest first."""
        return self.read(lambda connection: recordings.read(connection, wanted))

    def recording(self, user: str, name: str) -> RecordingEntry | None:
        """Return one recording, None if the user has none of that id."""
        return self.read(lambda connection: recordings.read_one(connection, user, name))

    def outdated_recordings(self, user: str, before: datetime | None, most_bytes: int) -> list[RecordingEntry]:
        """Return the recordings begun before a time, and the oldest of those beyond so many bytes (0: any number)."""
        return self.read(lambda connection: recordings.outdated(connection, user, before, most_bytes))

    def mark(self, user: str) -> str:
        """Return how far the user's phone system was followed, empty at the start."""
        return self.read(lambda connection: calls.read_mark(connection, user))

    def actions(
        self, user: str, *, since: datetime | None = None, rule: str = "", call: str = "", limit: int = 200
    ) -> list[ActionRecord]:
        """Return what the user's rules did, newest first."""
        return self.read(
            lambda connection: actions.read_actions(connection, user, since=since, rule=rule, call=call, limit=limit)
        )

    def kept_presence(self, user: str) -> Kept:
        """Return what is remembered of a user's presence."""
        return self.read(lambda connection: presences.read(connection, user))

    def changes(self, user: str, *, since: datetime, kind: str, limit: int) -> list[LoggedChange]:
        """Return a user's changes of presence, availability and DND, newest first."""
        return self.read(
            lambda connection: presences.read_changes(connection, user, since=since, kind=kind, limit=limit)
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work(connection)` finds; it sees one state of the database."""
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise trouble(error, self._url) from None
