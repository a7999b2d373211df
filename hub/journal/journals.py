"""All users' journals: which there are, and the tasks that post to them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx

from hub.errors import UserError
from hub.journal.journal import compiled
from hub.journal.poster import Poster
from hub.phone.connection import Backoff

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import tzinfo

    from hub.clock import Clock
    from hub.config import Config
    from hub.core.call import Call
    from hub.core.dial_plan import DialPlan
    from hub.errors import Problem
    from hub.journal.journal import Journal
    from hub.journal.macros import Past
    from hub.journal.poster import Outbox

BACKOFF = Backoff(first=2.0, most=3600.0)
_THREADS = 4


class Journals:
    """The journals of all users, by user and name; what fails is tried again after waits as `backoff` says."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or BACKOFF
        self._of: dict[str, dict[str, Journal]] = {}
        self._posters: dict[str, list[Poster]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._http: httpx.AsyncClient | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="phonehub-journal")

    def configure(self, config: Config, zone: tzinfo, plan: Callable[[str], DialPlan]) -> None:
        """Check and compile them all; raises `UserError` with all that is wrong."""
        problems: dict[Problem, None] = {}
        for user in config.users:
            try:
                self._of[user] = {each.name: each for each in compiled(config, user, zone, plan(user))}
            except UserError as error:
                problems |= dict.fromkeys(error.problems)
        if problems:
            raise UserError(*problems)

    def names(self, user: str) -> tuple[str, ...]:
        """Return the names of a user's journals."""
        return tuple(self._of.get(user, ()))

    def of(self, call: Call) -> Iterable[str]:
        """Return the names of those that a call which is over is posted to."""
        return [name for name, journal in self._of.get(call.user, {}).items() if journal.takes(call)]

    def start(
        self,
        outbox: Outbox,
        *,
        clock: Clock,
        secret: Callable[[str], str],
        redact: Callable[[str], str],
    ) -> None:
        """Begin to post what waits; `secret` looks a reference up, and may block."""
        # it is everybody's: no cookies, by which a server could tell something of one user to another, and no bound by
        # which servers that hang keep others waiting; each request has a deadline of its own, as the journal says
        self._http = httpx.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            timeout=None,  # noqa: S113
        )
        loop = asyncio.get_running_loop()

        def headers(journal: Journal, facts: Past) -> Awaitable[list[tuple[bytes, bytes]]]:
            # a keyring that waits for its owner holds up what is posted, not whoever else needs a thread
            return loop.run_in_executor(self._threads, journal.headers_for, facts, secret)

        for user, journals in self._of.items():
            self._posters[user] = [
                Poster(
                    user, journal, outbox=outbox, http=self._http, clock=clock, headers=headers, redact=redact,
                    backoff=self._backoff,
                )
                for journal in journals.values()
            ]  # fmt: skip
            for poster in self._posters[user]:
                name = f"journal {poster.journal.name} of {user}"
                self._tasks.append(asyncio.create_task(poster.run(), name=name))

    async def stop(self) -> None:
        """Post no more; what waits is posted after the next start."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks.clear()
        if self._http is not None:
            await self._http.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def wake(self, user: str) -> None:
        """Look at once what waits for a user's journals."""
        for poster in self._posters.get(user, ()):
            poster.wake()
