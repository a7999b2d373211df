from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from hub.core.transitions import ProtocolError
from hub.phone.about import PhoneInfo
from hub.phone.adapter import ConnectionLost, PhoneError, Profile, SignInRefused, Wiped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hub.clock import Clock
    from hub.core.signals import Signal, Snapshot
    from hub.phone.adapter import Adapter, Session
    from hub.phone.commands import Command

log = logging.getLogger(__name__)

T = TypeVar("T")


class ConnectionState(StrEnum):
    """Where a connection stands: LOST is tried again by itself, REFUSED and SIGNED_OUT wait for a person."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    REFUSED = "refused"
    SIGNED_OUT = "signed_out"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try, in seconds: from `first`, by `factor`, to `most`, give or take half."""

    first: float = 0.5
    factor: float = 2.0
    most: float = 30.0

    def wait(self, attempt: int, chance: Callable[[], float] = random.random) -> float:
        """Return the wait before try number `attempt` (1 is the first after a loss); `chance` gives 0 to 1."""
        grown = min(self.most, self.first * self.factor ** min(attempt - 1, 32))
        return grown * (0.5 + chance())


class Listener(Protocol):
    """Who is told what comes over a connection."""

    @property
    def mark(self) -> str:
        """The last mark that is accounted for."""
        ...

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Take in what is true now; may raise `ProtocolError`."""
        ...

    def on_signal(self, signal: Signal) -> None:
        """Take in what happened; may raise `ProtocolError`."""
        ...

    def on_state(self, state: ConnectionState, message: str, capabilities: frozenset[str]) -> None:
        """Take in how the connection stands."""
        ...

    async def on_refused(self, refusal: SignInRefused) -> Adapter | None:
        """Return another way to sign in, to be tried at once; None: it stays refused."""
        ...

    async def on_wiped(self, message: str) -> None:
        """Forget what is kept of the user."""
        ...


class Connection:
    """Keeps one user signed in to the phone system: connects, listens, and connects again after a loss.

    Without an adapter the user is signed out, until there is one (`sign_in`); `why` is told then. `open_within` and
    `answer_within` are deadlines in seconds for signing in and for a command. The waits begin anew only after a session
    of `steady_after` seconds: a server that accepts and drops is tried less and less often.
    """

    def __init__(
        self,
        adapter: Adapter | None,
        listener: Listener,
        clock: Clock,
        *,
        backoff: Backoff = Backoff(),
        open_within: float = 15.0,
        answer_within: float = 10.0,
        steady_after: float = 10.0,
        why: str = "",
    ) -> None:
        self.adapter = adapter
        self.refusal: SignInRefused | None = None
        self.loss = ""
        self._next: Adapter | None = None
        self._why = why
        self._listener = listener
        self._clock = clock
        self._backoff = backoff
        self._open_within = open_within
        self.answer_within = answer_within
        self._steady_after = steady_after
        self._session: Session | None = None
        self._up_since: float | None = None
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        attempt = 0
        try:
            while True:
                self.adapter, self._next = self._next or self.adapter, None
                adapter = self.adapter
                if adapter is None:
                    self._tell(ConnectionState.SIGNED_OUT, self._why)
                    await self._until_again()
                    attempt = 0
                    continue
                try:
                    await self._one_session(adapter)
                except Wiped as wiped:
                    self.adapter, self._next, self._why = None, None, str(wiped)
                    await self._guarded(self._listener.on_wiped(str(wiped)))
                except SignInRefused as refusal:
                    await self._refused(adapter, refusal)
                    attempt = 0
                except (Exception, SystemExit, asyncio.CancelledError) as loss:
                    # an adapter is a plugin's: whatever it raises, the phone goes on
                    if _is_to_end():
                        raise asyncio.CancelledError from loss
                    if not isinstance(loss, ConnectionLost):
                        log.exception("the phone adapter failed")
                    if self.adapter is not adapter:
                        attempt = 0
                        continue
                    attempt = 1 if self._was_steady() else attempt + 1
                    wait = self._backoff.wait(attempt)
                    self.loss = str(loss) if isinstance(loss, PhoneError) else repr(loss)
                    self._tell(ConnectionState.LOST, f"{self.loss}; trying again in {wait:.1f} s")
                    await self._until_again(wait)
        finally:
            self._tell(ConnectionState.CLOSED, "")

    @property
    def about(self) -> PhoneInfo:
        """What the phone system and the handsets declare; empty while there is no connection."""
        return self._session.about if self._session is not None else PhoneInfo()

    def try_again(self) -> None:
        """Sign in again after a refusal: somebody has changed something."""
        self._again.set()

    async def sign_in(self, adapter: Adapter) -> None:
        """Sign in this way from now on, and at once: whatever was before ends."""
        await self._change(adapter, "")

    def renew(self, adapter: Adapter) -> None:
        """Sign in this way from the next time on; the session goes on."""
        self._next = adapter

    async def sign_out(self, why: str) -> None:
        """End the session, and begin none until somebody signs in; calls go on."""
        await self._change(None, why)

    @property
    def profile(self) -> Profile:
        """Who the user is, as the phone system told; nothing while not connected."""
        found = getattr(self._session, "profile", None)
        return found if isinstance(found, Profile) else Profile()

    def lacking(self, capability: str) -> PhoneError:
        """Say why something cannot be had: there is no connection, or the phone system or the handset cannot do it."""
        if self._session is None:
            return PhoneError("not connected to the phone system", "not_connected")
        return PhoneError(self._session.about.lacking(capability), "missing_capability")

    async def do(self, command: Command) -> Mapping[str, str]:
        """Carry out a command within the deadline, return what was said to it; raises `PhoneError`."""
        session = self._session
        if session is None or command.name not in session.capabilities:
            raise self.lacking(command.name)
        try:
            async with asyncio.timeout(self.answer_within):
                return await session.do(command)
        except TimeoutError:
            raise PhoneError(f"the phone system did not answer in {self.answer_within:.0f} s", "timeout") from None

    async def _change(self, adapter: Adapter | None, why: str) -> None:
        self.adapter, self._next, self._why, self.refusal = adapter, None, why, None
        self._again.set()
        if self._session is not None:
            await self._close(self._session)

    async def _refused(self, adapter: Adapter, refusal: SignInRefused) -> None:
        """Try another way if there is one, else wait for a person."""
        other = await self._guarded(self._listener.on_refused(refusal))
        if self.adapter is not adapter:
            return
        if other is not None:
            self.adapter = other
            return
        self.refusal = refusal
        self._tell(ConnectionState.REFUSED, str(refusal))
        await self._until_again()
        self.refusal = None

    async def _guarded(self, asked: Awaitable[T]) -> T | None:
        """Return what a listener answers; that it fails, as keyrings may in any way, does not end the connection."""
        try:
            return await asked
        except Exception:
            log.exception("the account of the phone failed")
            return None

    async def _until_again(self, seconds: float | None = None) -> None:
        """Return after so many seconds (None: never), or when somebody has changed something."""
        self._again.clear()
        waiting = [asyncio.create_task(self._again.wait())]
        if seconds is not None:
            waiting.append(asyncio.create_task(self._clock.sleep(seconds)))  # type: ignore[arg-type]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _one_session(self, adapter: Adapter) -> None:
        self._up_since = None
        self._tell(ConnectionState.CONNECTING, "")
        session = await self._open(adapter)
        try:
            if self.adapter is not adapter:
                raise ConnectionLost("somebody has signed out meanwhile")
            self._listener.on_snapshot(session.snapshot)
            self._session, self._up_since = session, self._clock.monotonic()
            self._tell(ConnectionState.CONNECTED, "", session.capabilities)
            async for signal in session.signals():
                self._listener.on_signal(signal)
        except ProtocolError as error:
            log.warning("the phone system contradicts itself, taking a new snapshot: %s", error)
            raise ConnectionLost(f"the phone system contradicts itself: {error}") from error
        finally:
            self._session = None
            await self._close(session)
        raise ConnectionLost("the phone system closed the connection")

    def _was_steady(self) -> bool:
        return self._up_since is not None and self._clock.monotonic() - self._up_since >= self._steady_after

    async def _open(self, adapter: Adapter) -> Session:
        try:
            async with asyncio.timeout(self._open_within):
                return await adapter.open(self._listener.mark)
        except TimeoutError:
            raise ConnectionLost(f"no answer from the phone system in {self._open_within:.0f} s") from None

    async def _close(self, session: Session) -> None:
        """Close a session in time; that it cannot be closed must not hide why it is."""
        try:
            async with asyncio.timeout(self.answer_within):
                await session.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001  as in run
            log.warning("the connection to the phone system was not closed in order: %r", error)

    def _tell(self, state: ConnectionState, message: str, capabilities: frozenset[str] = frozenset()) -> None:
        self._listener.on_state(state, message, capabilities)


def _is_to_end() -> bool:
    """Tell whether somebody cancelled this task, whatever an adapter has made of that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
