from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from hub.core.boards import Board
from hub.core.call import CallState
from hub.core.signals import (
    BoardSignal,
    ColleaguesSignal,
    DndSignal,
    Kind,
    LegSignal,
    PhoneContactsSignal,
    PresenceSignal,
)
from hub.core.transitions import next_state
from hub.phone.adapter import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from hub.core.colleagues import Colleague
    from hub.core.phone_contacts import PhoneContact
    from hub.core.signals import Signal, Snapshot
    from hub.phone.adapter import Adapter, Session

B = TypeVar("B", bound=Board)


class Listener:
    """Listens to a session of an adapter: keeps what it `heard`, and the `states` of the legs that live.

    Signals that are out of order, or impossible in the state that a leg is in, fail the test. `within` is how many
    seconds a signal may take.
    """

    def __init__(self, session: Session, within: float) -> None:
        self.session = session
        self.snapshot: Snapshot = session.snapshot
        self.capabilities = session.capabilities
        self.heard: list[Signal] = []
        self.states: dict[str, CallState] = {one.leg.id: one.state for one in session.snapshot.live}
        self._ended: set[str] = set()
        self._signals = session.signals()
        self._within = within

    @classmethod
    @asynccontextmanager
    async def opened(cls, adapter: Adapter, mark: str = "", within: float = 10.0) -> AsyncIterator[Listener]:
        """Open a session, and close it at the end."""
        session = await adapter.open(mark)
        try:
            yield cls(session, within)
        finally:
            await session.close()

    def needs(self, *capabilities: str) -> None:
        """Skip the test if the adapter does not declare these."""
        missing = set(capabilities) - self.capabilities
        if missing:
            pytest.skip(f"this adapter does not declare {', '.join(sorted(missing))}")

    async def hear(self, kind: Kind, leg: str = "") -> LegSignal:
        """Return the next signal of that kind (about one leg, if it is named), taking in those before it."""
        while True:
            signal = await self._next(f"{kind} {leg}")
            if isinstance(signal, LegSignal) and signal.kind is kind and leg in {"", signal.leg.id}:
                return signal

    async def hear_board(self, kind: type[B], when: Callable[[B], bool] = lambda _: True) -> B:
        """Return the next board of that kind, as soon as it looks so, taking in what is told before it."""
        while True:
            signal = await self._next(f"the board {kind.name}")
            if isinstance(signal, BoardSignal) and isinstance(signal.now, kind) and when(signal.now):
                return signal.now

    async def hear_dnd(self) -> DndSignal:
        """Return the next signal about do-not-disturb, taking in those before it."""
        while True:
            signal = await self._next("do-not-disturb")
            if isinstance(signal, DndSignal):
                return signal

    async def hear_presence(self) -> PresenceSignal:
        """Return the next signal about the user's presence, taking in those before it."""
        while True:
            signal = await self._next("the presence")
            if isinstance(signal, PresenceSignal):
                return signal

    async def hear_colleague(self, user: str, when: Callable[[Colleague], bool] = lambda _: True) -> Colleague:
        """Return a colleague as soon as they are told to be so, taking in what is told before."""
        while True:
            signal = await self._next(f"the colleague {user}")
            if isinstance(signal, ColleaguesSignal):
                found = next((one for one in signal.changed if one.user == user), None)
                if found is not None and when(found):
                    return found

    async def hear_contact(self, contact_id: str) -> PhoneContact:
        """Return a contact of the phone system as soon as it is told, taking in what is told before."""
        while True:
            signal = await self._next(f"the contact {contact_id}")
            if isinstance(signal, PhoneContactsSignal):
                for contact in signal.changed:
                    if contact.id == contact_id:
                        return contact

    async def agree(self, snapshot: Snapshot) -> None:
        """Take in what is told until the legs that live are those of a later snapshot."""
        states = {one.leg.id: one.state for one in snapshot.live}
        while self.states != states:
            await self._next(f"what makes {states} of {self.states}")

    async def loss(self) -> ConnectionLost:
        """Return how the connection was lost, taking in what is told before."""
        try:
            while True:
                await self._next("the loss of the connection")
        except ConnectionLost as lost:
            return lost

    async def _next(self, awaited: str) -> Signal:
        try:
            async with asyncio.timeout(self._within):
                signal = await anext(self._signals)
        except TimeoutError:
            pytest.fail(f"waited {self._within:g} s for {awaited}; heard {self.heard}")
        except StopAsyncIteration:
            pytest.fail(f"the signals ended while waiting for {awaited}; heard {self.heard}")
        self._take(signal)
        return signal

    def _take(self, signal: Signal) -> None:
        earlier = self.heard[-1].at if self.heard else self.snapshot.at
        assert signal.at >= earlier, f"{signal} is earlier than what was told before"
        self.heard.append(signal)
        if not isinstance(signal, LegSignal):
            return
        leg = signal.leg.id
        assert leg not in self._ended, f"{signal}: the leg had ended"
        state = next_state(self.states.pop(leg, CallState.NULL), signal.kind)
        if state is CallState.NULL:
            self._ended.add(leg)
        else:
            self.states[leg] = state
