"""A signed-in connection to the simulated phone system, seen from the hub."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from hub.phone.about import WITHOUT_HANDSET, HandsetInfo, PhoneInfo
from hub.phone.adapter import ConnectionLost, Device, PhoneError, Profile, Wiped
from hub.sim import versions, wire, wire_account, wire_answers, wire_requests
from hub.sim.asked import message_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from websockets.asyncio.client import ClientConnection

    from hub.clock import Clock
    from hub.core.signals import Signal, Snapshot
    from hub.phone.commands import Command
    from hub.sim.translate import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Deadlines of a session in seconds, and how many signals may wait to be fetched.

    `answer_within` for the answer to a command. After `ping_every` of silence the server is asked whether it is there,
    and has `ping_within` to say anything.
    """

    answer_within: float = 5.0
    ping_every: float = 15.0
    ping_within: float = 10.0
    backlog: int = 10_000


DEFAULT_PATIENCE = Patience()
_CLOSED = "the session is closed"


class SimSession:
    """See `hub.phone.adapter.Session`. Reads from when it is made until it is closed or lost."""

    def __init__(
        self,
        socket: ClientConnection,
        welcome: wire_answers.SignedIn,
        translator: Translator,
        clock: Clock,
        patience: Patience,
    ) -> None:
        able = {name for handset in welcome.handsets for name in handset.capabilities}
        able |= WITHOUT_HANDSET
        self.capabilities = frozenset(able & set(welcome.capabilities))
        self.profile = _profile(welcome)
        self.snapshot: Snapshot = translator.snapshot(welcome.snapshot)
        self.about = PhoneInfo(
            product=welcome.product,
            version=welcome.version,
            capabilities=frozenset(welcome.capabilities),
            handsets=tuple(
                HandsetInfo(**{**handset.model_dump(), "capabilities": frozenset(handset.capabilities)})
                for handset in welcome.handsets
            ),
        )
        self._protocol = welcome.protocol
        self._socket = socket
        self._translator = translator
        self._clock = clock
        self._patience = patience
        self._requests = count(1)
        self._answers: dict[str, asyncio.Future[wire.FromServer | None]] = {}
        self._signals: asyncio.Queue[Signal | None] = asyncio.Queue(patience.backlog)
        self._over = ""
        self._wiped = ""
        self._heard = 0
        self._tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._watch_silence()))

    async def signals(self) -> AsyncIterator[Signal]:
        """Yield what happens, in order; raise `ConnectionLost` when the connection goes, end after `close`."""
        while not (self._over and self._signals.empty()):
            signal = await self._signals.get()
            if signal is not None:
                yield signal
        if self._wiped:
            raise Wiped(self._wiped)
        if self._over != _CLOSED:
            raise ConnectionLost(self._over)

    async def do(self, command: Command) -> Mapping[str, str]:
        """Carry out a command; see `hub.phone.adapter.Session.do`."""
        request = str(next(self._requests))
        message = message_of(command, request)
        capability = versions.needed(command, self._protocol)
        if message is None or capability not in self.capabilities:
            raise PhoneError(self.about.lacking(capability), "missing_capability")
        answer = await self._ask(message)
        if isinstance(answer, wire_answers.Error):
            known = f"; they are: {', '.join(answer.handsets)}" if answer.handsets else ""
            raise PhoneError(f"{answer.message}{known}", answer.code)
        if isinstance(answer, wire_account.ImageAnswer):
            return {"user": answer.user, "media_type": answer.media_type, "data": answer.data}
        if not isinstance(answer, wire_answers.Done):
            return {}
        return {**answer.told, "leg": answer.leg} if answer.leg else answer.told

    async def close(self) -> None:
        """Leave; the calls go on. May be called twice."""
        self._finish(_CLOSED)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    async def _ask(self, message: wire.Asking) -> wire.FromServer:
        if self._over:
            raise ConnectionLost(self._over)
        waiting: asyncio.Future[wire.FromServer | None] = asyncio.get_running_loop().create_future()
        self._answers[message.id] = waiting
        try:
            async with asyncio.timeout(self._patience.answer_within):
                await self._socket.send(wire.encode(message))
                answer = await waiting
        except TimeoutError:
            text = f"the phone system did not answer within {self._patience.answer_within:g} s"
            raise PhoneError(text, "timeout") from None
        except ConnectionClosed as closed:
            raise ConnectionLost(f"the connection was lost ({closed})") from None
        finally:
            del self._answers[message.id]
        if answer is None:
            raise ConnectionLost(self._over)
        return answer

    async def _read(self) -> None:
        why = "the connection was lost"
        try:
            while True:
                data = await self._socket.recv(decode=False)
                self._heard += 1
                self._take(wire.read_answer(data))
        except ConnectionClosed as closed:
            why = f"the connection was lost ({closed})"
        except wire.WireError as error:
            why = f"the phone system sent what is not the protocol ({error})"
        except asyncio.QueueFull:
            why = "signals came faster than they were taken"
        finally:
            self._finish(why)

    def _take(self, message: wire.FromServer | None) -> None:
        match message:
            case None | wire_answers.SignedIn():
                pass
            case _ if isinstance(message, wire.Event):
                if signal := self._translator.signal(message):
                    self._signals.put_nowait(signal)
            case wire_account.Wipe():
                self._wiped = f"the administrator of the phone system has wiped {message.handset}"
                self._finish(self._wiped)
            case _:
                waiting = self._answers.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)

    async def _watch_silence(self) -> None:
        within = self._patience.ping_within
        while not self._over:
            heard = self._heard
            await self._clock.sleep(self._patience.ping_every)
            if heard != self._heard:
                continue
            with contextlib.suppress(ConnectionClosed, TimeoutError):  # the silence tells
                async with asyncio.timeout(within):
                    await self._socket.send(wire.encode(wire_requests.Ping(id=f"ping-{next(self._requests)}")))
            await self._clock.sleep(within)
            if heard == self._heard:
                self._finish(f"the phone system has not answered for {within:g} s")

    def _finish(self, why: str) -> None:
        """Be over, for the first reason given: wake up everybody who waits, and cut a connection that is no good."""
        if self._over:
            return
        self._over = why
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result(None)
        with contextlib.suppress(asyncio.QueueFull):  # then there is something to wake up the listener already
            self._signals.put_nowait(None)
        if why != _CLOSED:
            self._socket.transport.abort()


def _profile(welcome: wire_answers.SignedIn) -> Profile:
    handsets = [(one, True) for one in welcome.handsets] + [(one, False) for one in welcome.further]
    devices = (Device(one.id, one.name, frozenset(one.capabilities), watched) for one, watched in handsets)
    return Profile(welcome.name, welcome.extension, tuple(devices))
