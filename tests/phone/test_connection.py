from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import pytest

from hub.core.signals import DndSignal, Snapshot
from hub.core.transitions import ProtocolError
from hub.phone.about import PhoneInfo
from hub.phone.adapter import ConnectionLost, PhoneError, SignInRefused, Wiped
from hub.phone.commands import SetDnd
from hub.phone.connection import Backoff, Connection, ConnectionState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.core.signals import Signal
    from hub.phone.commands import Command

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class LoopSession:
    """A session of a phone system that lives in a queue: what is put there comes as signals."""

    inbox: asyncio.Queue[Signal | BaseException | None] = field(default_factory=asyncio.Queue)
    done: list[Command] = field(default_factory=list)
    closed: int = 0
    refuses_to_close: BaseException | None = None
    answers: bool = True
    capabilities: frozenset[str] = frozenset({"dnd"})
    about: PhoneInfo = field(default_factory=PhoneInfo)
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(at=NOW, mark="m0"))

    async def signals(self) -> AsyncIterator[Signal]:
        while (item := await self.inbox.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    async def do(self, command: Command) -> None:
        if not self.answers:
            await asyncio.Event().wait()
        self.done.append(command)

    async def close(self) -> None:
        self.closed += 1
        self.inbox.put_nowait(None)
        if isinstance(self.refuses_to_close, TimeoutError):
            await asyncio.Event().wait()
        if self.refuses_to_close is not None:
            raise self.refuses_to_close


@dataclass
class LoopAdapter:
    """Opens what it is told to, in turn; afterwards it never answers."""

    turns: deque[LoopSession | BaseException]
    marks: list[str] = field(default_factory=list)

    async def open(self, mark: str) -> LoopSession:
        self.marks.append(mark)
        if not self.turns:
            await asyncio.Event().wait()
        turn = self.turns.popleft()
        if isinstance(turn, BaseException):
            raise turn
        return turn


@dataclass
class Told:
    """Listens to a connection, and is the clock on which it waits."""

    mark: str = "start"
    signals: list[Signal] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    time: float = 0.0
    refuse: Exception | None = None
    refusals: list[str] = field(default_factory=list)
    another: list[LoopAdapter] = field(default_factory=list)
    wiped: list[str] = field(default_factory=list)
    is_patient: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        self.mark = snapshot.mark

    def on_signal(self, signal: Signal) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.signals.append(signal)
        self.mark = signal.mark
        self.changed.set()

    def on_state(self, state: ConnectionState, message: str, _capabilities: frozenset[str]) -> None:
        self.states.append((state.value, message))
        self.changed.set()

    async def on_refused(self, refusal: SignInRefused) -> LoopAdapter | None:
        self.refusals.append(refusal.code)
        return self.another.pop() if self.another else None

    async def on_wiped(self, message: str) -> None:
        self.wiped.append(message)

    async def until(self, state: str) -> str:
        while not self.states or self.states[-1][0] != state:
            self.changed.clear()
            await self.changed.wait()
        return self.states[-1][1]

    async def until_waited(self, times: int) -> list[float]:
        while len(self.waits) < times:
            self.changed.clear()
            await self.changed.wait()
        return self.waits

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.changed.set()
        await asyncio.sleep(0)


def dnd(mark: str) -> DndSignal:
    return DndSignal(on=True, at=NOW, mark=mark)


class Running:
    """A connection at work, ended with the test."""

    def __init__(self, *turns: LoopSession | BaseException, **limits: float) -> None:
        self.told = Told()
        self.adapter = LoopAdapter(deque(turns))
        self.connection = Connection(self.adapter, self.told, self.told, **limits)

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.connection.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_lost_connection_is_made_again_from_the_last_mark() -> None:
    first, second = LoopSession(), LoopSession()
    first.inbox.put_nowait(dnd("m7"))
    first.inbox.put_nowait(ConnectionLost("cable pulled"))
    async with Running(first, second) as running:
        await running.told.until("lost")
        await running.told.until("connected")
        assert running.adapter.marks == ["start", "m7"]
        assert [state for state, _ in running.told.states] == [
            "connecting", "connected", "lost", "connecting", "connected",
        ]  # fmt: skip
        assert running.told.states[2][1].startswith("cable pulled; trying again in")
        assert first.closed == 1
    assert running.told.states[-1][0] == "closed"
    assert second.closed == 1


async def test_waits_grow_while_nobody_answers_and_begin_again_after_a_session_of_some_length() -> None:
    gone = [ConnectionLost("no route") for _ in range(9)]
    up = LoopSession()
    async with Running(*gone, up, LoopSession()) as running:
        await running.told.until("connected")
        running.told.time += 10.0
        up.inbox.put_nowait(None)
        waits = await running.told.until_waited(10)
        assert waits[8] > 4 * waits[0]
        assert waits[9] <= 0.75


async def test_waits_go_on_growing_while_the_server_accepts_and_drops() -> None:
    sessions = [LoopSession() for _ in range(9)]
    for session in sessions:
        session.inbox.put_nowait(ConnectionLost("dropped"))
    async with Running(*sessions) as running:
        waits = await running.told.until_waited(9)
        assert waits[8] >= 15.0
        assert [session.closed for session in sessions] == [1] * 9


@pytest.mark.parametrize("attempt", range(1, 60))
def test_backoff_stays_in_its_bounds(attempt: int) -> None:
    backoff = Backoff()
    least, most = backoff.wait(attempt, lambda: 0.0), backoff.wait(attempt, lambda: 1.0)
    assert 0.25 <= least <= 15.0
    assert most == 3 * least


async def test_a_refusal_waits_for_a_person() -> None:
    async with Running(SignInRefused("wrong password", "wrong_password"), LoopSession()) as running:
        assert await running.told.until("refused") == "wrong password"
        assert len(running.adapter.marks) == 1
        running.connection.try_again()
        await running.told.until("connected")


async def test_another_way_to_sign_in_is_tried_before_a_person_is_asked() -> None:
    async with Running(SignInRefused("wrong password", "wrong_password")) as running:
        running.told.another.append(LoopAdapter(deque([LoopSession()])))
        await running.told.until("connected")
        assert running.told.refusals == ["wrong_password"]
        assert "refused" not in dict(running.told.states)


@pytest.mark.parametrize("what", ["on_refused", "on_wiped"])
async def test_an_account_that_fails_does_not_end_the_connection(
    what: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> None:
        raise RuntimeError("the keyring fell over")

    refusal = SignInRefused("wrong password", "wrong_password") if what == "on_refused" else Wiped("wiped")
    running = Running(refusal)
    monkeypatch.setattr(running.told, what, fails)
    async with running:
        await running.told.until("refused" if what == "on_refused" else "signed_out")
        await running.connection.sign_in(LoopAdapter(deque([LoopSession()])))
        await running.told.until("connected")
    assert "the keyring fell over" in caplog.text


@pytest.mark.parametrize("state", ["connected", "lost", "refused"])
async def test_whatever_goes_on_ends_when_somebody_signs_out(state: str) -> None:
    turns = {"connected": LoopSession(), "lost": ConnectionLost("gone"), "refused": SignInRefused("no", "unknown_user")}
    async with Running(turns[state]) as running:
        running.told.is_patient = True
        await running.told.until(state)
        await running.connection.sign_out("by hand")
        assert await running.told.until("signed_out") == "by hand"
        assert running.adapter.marks == ["start"]


async def test_a_wipe_is_told_after_what_came_before_it() -> None:
    session = LoopSession()
    async with Running(session) as running:
        await running.told.until("connected")
        session.inbox.put_nowait(dnd("m1"))
        session.inbox.put_nowait(Wiped("wiped by the administrator"))
        assert await running.told.until("signed_out") == "wiped by the administrator"
        assert [signal.mark for signal in running.told.signals] == ["m1"]
        assert running.told.wiped == ["wiped by the administrator"]


async def test_a_contradiction_leads_to_a_new_snapshot() -> None:
    first = LoopSession()
    async with Running(first, LoopSession()) as running:
        await running.told.until("connected")
        running.told.refuse = ProtocolError("a leg that is null cannot be held")
        first.inbox.put_nowait(dnd("m1"))
        assert "contradicts itself" in await running.told.until("lost")
        await running.told.until("connected")


async def test_an_adapter_that_fails_in_its_own_way_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async with Running(KeyError("oops"), LoopSession()) as running:
        await running.told.until("connected")
    assert "the phone adapter failed" in caplog.text


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError()])
async def test_an_adapter_that_exits_or_cancels_is_tried_again(error: BaseException) -> None:
    session = LoopSession()
    async with Running(error, session, LoopSession()) as running:
        assert repr(error) in await running.told.until("lost")
        await running.told.until("connected")
        session.inbox.put_nowait(error)
        assert repr(error) in await running.told.until("lost")
        await running.told.until("connected")


@pytest.mark.parametrize("error", [OSError("broken pipe"), TimeoutError(), SystemExit(3), SignInRefused("who?")])
async def test_a_session_that_cannot_be_closed_does_not_keep_the_connection_from_ending(error: BaseException) -> None:
    session = LoopSession(refuses_to_close=error)
    async with Running(session, answer_within=0.01) as running:
        await running.told.until("connected")
        running.task.cancel()
        await asyncio.wait({running.task}, timeout=5.0)
        assert running.task.cancelled()
        assert session.closed == 1


async def test_a_session_that_cannot_be_closed_does_not_hide_why_it_was_lost() -> None:
    session = LoopSession(refuses_to_close=OSError("broken pipe"))
    session.inbox.put_nowait(ConnectionLost("cable pulled"))
    async with Running(session, LoopSession()) as running:
        assert (await running.told.until("lost")).startswith("cable pulled")


async def test_an_adapter_that_never_opens_is_lost() -> None:
    async with Running(open_within=0.01) as running:
        assert "no answer from the phone system" in await running.told.until("lost")


async def test_commands_need_a_connection_and_the_capability_and_an_answer() -> None:
    session = LoopSession()
    async with Running(session, answer_within=0.01) as running:
        with pytest.raises(PhoneError, match="not connected") as error:
            await running.connection.do(SetDnd(on=True))
        assert error.value.code == "not_connected"
        await running.told.until("connected")
        await running.connection.do(SetDnd(on=True))
        assert session.done == [SetDnd(on=True)]
        session.answers = False
        with pytest.raises(PhoneError, match="did not answer") as error:
            await running.connection.do(SetDnd(on=False))
        assert error.value.code == "timeout"
        session.capabilities = frozenset()
        with pytest.raises(PhoneError, match="lacks the capability dnd") as error:
            await running.connection.do(SetDnd(on=True))
        assert error.value.code == "missing_capability"
