"""Posts one user's calls to one journal, one after the other, until each is accepted or set aside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import httpx

from hub.errors import UserError
from hub.journal.answer import Verdict, judge
from hub.printable import printable
from hub.rules.parts import ActionRefused
from hub.store.posts import PostState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from typing import Any

    from hub.clock import Clock
    from hub.core.call import Call
    from hub.journal.journal import Journal
    from hub.journal.macros import Past
    from hub.phone.connection import Backoff
    from hub.store.past import HistoryEntry
    from hub.store.posts import Post

log = logging.getLogger(__name__)

LONGEST_ANSWER = 2000
"""Bytes of an answer that are read: it is only shown, as the reason of a refusal."""
_LOOK_AGAIN = 60.0
"""Seconds after which the clock is looked at, which may have been set."""


class Outbox(Protocol):
    """What remembers: `hub.store.store.Store`; everything raises `UserError` if it cannot."""

    async def flush(self) -> None: ...  # noqa: D102  as above
    async def next_post(self, user: str, journal: str) -> Post | None: ...  # noqa: D102
    async def entry(self, user: str, call_id: str) -> HistoryEntry | None: ...  # noqa: D102
    async def call(self, user: str, call_id: str) -> Call | None: ...  # noqa: D102
    async def change_post(self, post: Post, **changed: Any) -> None: ...  # noqa: D102
    async def postpone_posts(self, user: str, journal: str, until: datetime) -> None: ...  # noqa: D102
    async def drop_post(self, post: Post) -> None: ...  # noqa: D102


class Poster:
    """Works off what waits for one journal.

    One that fails is tried again after a wait that grows by `backoff`; the others go on, but as long as all fail only
    one is tried at a time, ever more rarely. `headers` makes those of a post, with secrets; it raises `UserError`.
    """

    def __init__(
        self,
        user: str,
        journal: Journal,
        *,
        outbox: Outbox,
        http: httpx.AsyncClient,
        clock: Clock,
        headers: Callable[[Journal, Past], Awaitable[list[tuple[bytes, bytes]]]],
        redact: Callable[[str], str] = str,
        backoff: Backoff,
    ) -> None:
        self.user = user
        self.journal = journal
        self._outbox = outbox
        self._http = http
        self._clock = clock
        self._headers = headers
        self._redact = redact
        self._backoff = backoff
        self._failed = 0
        self._not_before = 0.0
        self._woken = asyncio.Event()
        self._told = ""

    def wake(self) -> None:
        """Look what waits, now."""
        self._woken.set()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            self._woken.clear()
            try:
                wait = await self._work()
            except UserError as error:  # the store's trouble: it is told there
                self._failed += 1
                wait = self._backoff.wait(self._failed)
                log.debug("journal %s of %s waits: %s", self.journal.name, self.user, error)
            await self._sleep(wait)

    async def _work(self) -> float | None:
        """Post what is due; return for how many seconds there is nothing to do, None if nothing waits."""
        await self._outbox.flush()
        while (post := await self._outbox.next_post(self.user, self.journal.name)) is not None:
            wait = max((post.due - self._clock.now()).total_seconds(), self._not_before - self._clock.monotonic())
            if wait > 0:
                return wait
            await self._post(post)
        return None

    async def _post(self, post: Post) -> None:
        entry = await self._outbox.entry(post.user, post.call)
        call = await self._outbox.call(post.user, post.call)
        if entry is None or call is None:
            await self._outbox.drop_post(post)
            return
        facts = self.journal.facts(call, entry, post.key)
        try:
            url = self.journal.url.expand(facts)
            body = self.journal.text(facts) if post.body is None else post.body
            self.journal.headers_for(facts, str)  # as they will be, but for the secrets
        except Exception as error:  # noqa: BLE001  a template is a program: with this call it may fail in any way
            why = str(error) if isinstance(error, ActionRefused) else f"the template fails: {error}"
            await self._note(post, Verdict(PostState.SET_ASIDE, why))
            return
        if post.body is None:
            await self._outbox.change_post(post, body=body)  # so that the same is sent next time, whatever happens
        await self._note(post, await self._send(url, body, facts))

    async def _send(self, url: str, body: str, facts: Past) -> Verdict:
        """Send it; the status decides what becomes of it, even if the rest of the answer does not come."""
        section = self.journal.section
        verdict, said = None, ""
        try:
            async with asyncio.timeout(section.timeout):
                headers = await self._headers(self.journal, facts)
                async with self._http.stream(section.method, url, content=body.encode(), headers=headers) as response:
                    retry_after = response.headers.get("Retry-After", "")
                    verdict = judge(response.status_code, retry_after, self._clock.now())
                    said = await _beginning(response)
        except httpx.InvalidURL as error:
            return Verdict(PostState.SET_ASIDE, f"this is no URL: {error}")
        except TimeoutError:
            return verdict or Verdict(PostState.WAITING, f"no answer within {section.timeout:g} s")
        except (httpx.HTTPError, OSError) as error:
            return verdict or Verdict(PostState.WAITING, str(error) or type(error).__name__)
        except UserError as error:
            return Verdict(PostState.WAITING, str(error))
        if verdict.state is PostState.POSTED or not said:
            return verdict
        return Verdict(verdict.state, f"{verdict.reason}: {said}", verdict.wait)

    async def _note(self, post: Post, verdict: Verdict) -> None:
        """Keep what came of a post, and decide when the next is tried."""
        now, attempts, name = self._clock.now(), post.attempts + 1, self.journal.name
        reason = self._redact(printable(verdict.reason, longest=500))
        wait = 0.0
        if verdict.state is PostState.WAITING:
            self._failed += 1
            wait = self._backoff.wait(attempts) if verdict.wait is None else verdict.wait
            pause = self._backoff.wait(self._failed) if verdict.wait is None else verdict.wait
            self._not_before = self._clock.monotonic() + pause
            if verdict.wait is not None:
                await self._outbox.postpone_posts(self.user, name, now + timedelta(seconds=verdict.wait))
        else:
            self._failed, self._not_before = 0, 0.0
        changed = {"state": verdict.state.value, "attempts": attempts, "tried": now, "reason": reason}
        await self._outbox.change_post(post, **changed, due=now + timedelta(seconds=wait))
        self._tell(post, verdict.state, reason)

    def _tell(self, post: Post, state: PostState, reason: str) -> None:
        """Tell what goes wrong, but not the same over and over."""
        name = self.journal.name
        if state is PostState.SET_ASIDE:
            log.warning("journal %s of %s: call %s is set aside: %s", name, self.user, printable(post.call), reason)
        elif reason and reason != self._told:
            log.warning("journal %s of %s: %s; it is tried again", name, self.user, reason)
        elif state is PostState.POSTED and self._told:
            log.info("journal %s of %s works again", name, self.user)
        self._told = reason if state is PostState.WAITING else ""

    async def _sleep(self, wait: float | None) -> None:
        """Sleep for so many seconds, or until woken."""
        if wait is None:
            await self._woken.wait()
            return
        sleeping = asyncio.ensure_future(self._clock.sleep(min(wait, _LOOK_AGAIN)))
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait((sleeping, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, woken):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _beginning(response: httpx.Response) -> str:
    """Return the beginning of an answer, on one line."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= LONGEST_ANSWER:
            break
    return " ".join(read[:LONGEST_ANSWER].decode("utf-8", "replace").split())
