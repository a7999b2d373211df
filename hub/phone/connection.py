from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from hub.core.transitions import ProtocolError
from hub.phone.adapter import ConnectionLost, PhoneError, SignInRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub.clock import Clock
    from hub.core.signals import Signal, Snapshot
    from hub.phone.adapter import Adapter, Session
    from hub.phone.commands import Command

log = logging.getLogger(__name__)


class ConnectionState(StrEnum):
    """Where a connection stands: LOST is tried again by itself, REFUSED waits for a person."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    REFUSED = "refused"
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


class Connection:
    """Keeps one user signed in to the phone system: connects, listens, and connects again after a loss.

    `open_within` and `answer_within` are deadlines in seconds for signing in and for a command. The waits begin anew
    only after a session of `steady_after` seconds: a server that accepts and drops is tried less and less often.
    """

    def __init__(
        self,
        adapter: Adapter,
        listener: Listener,
        clock: Clock,
        *,
        backoff: Backoff = Backoff(),
        open_within: float = 15.0,
        answer_within: float = 10.0,
        steady_after: float = 10.0,
    ) -> None:
        self._adapter = adapter
        self._listener = listener
        self._clock = clock
        self._backoff = backoff
        self._open_within = open_within
        self._answer_within = answer_within
        self._steady_after = steady_after
        self._session: Session | None = None
        self._up_since: float | None = None
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        attempt = 0
        try:
            while True:
                try:
                    await self._one_session()
                except SignInRefused as refusal:
                    self._tell(ConnectionState.REFUSED, str(refusal))
                    self._again.clear()
                    await self._again.wait()
                    attempt = 0
                except (Exception, SystemExit, asyncio.CancelledError) as loss:
                    # an adapter is a plugin's: whatever it raises, the phone goes on
                    if _is_to_end():
                        raise asyncio.CancelledError from loss
                    if not isinstance(loss, ConnectionLost):
                        log.exception("the phone adapter failed")
                    attempt = 1 if self._was_steady() else attempt + 1
                    wait = self._backoff.wait(attempt)
                    why = str(loss) if isinstance(loss, PhoneError) else repr(loss)
                    self._tell(ConnectionState.LOST, f"{why}; trying again in {wait:.1f} s")
                    await self._clock.sleep(wait)
        finally:
            self._tell(ConnectionState.CLOSED, "")

    def try_again(self) -> None:
        """Sign in again after a refusal: somebody has changed something."""
        self._again.set()

    async def do(self, command: Command) -> Mapping[str, str]:
        """Carry out a command within the deadline, return what was said to it; raises `PhoneError`."""
        session = self._session
        if session is None:
            raise PhoneError("not connected to the phone system", "not_connected")
        if command.name not in session.capabilities:
            raise PhoneError(f"this phone system or handset cannot {command.name}", "missing_capability")
        try:
            async with asyncio.timeout(self._answer_within):
                return await session.do(command)
        except TimeoutError:
            raise PhoneError(f"the phone system did not answer in {self._answer_within:.0f} s", "timeout") from None

    async def _one_session(self) -> None:
        self._up_since = None
        self._tell(ConnectionState.CONNECTING, "")
        session = await self._open()
        try:
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

    async def _open(self) -> Session:
        try:
            async with asyncio.timeout(self._open_within):
                return await self._adapter.open(self._listener.mark)
        except TimeoutError:
            raise ConnectionLost(f"no answer from the phone system in {self._open_within:.0f} s") from None

    async def _close(self, session: Session) -> None:
        """Close a session in time; that it cannot be closed must not hide why it is."""
        try:
            async with asyncio.timeout(self._answer_within):
                await session.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001  as in run
            log.warning("the connection to the phone system was not closed in order: %r", error)

    def _tell(self, state: ConnectionState, message: str, capabilities: frozenset[str] = frozenset()) -> None:
        self._listener.on_state(state, message, capabilities)


def _is_to_end() -> bool:
    """Tell whether somebody cancelled this task, whatever an adapter has made of that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
