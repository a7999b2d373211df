"""A small office behind the API: real phones on a loopback adapter, and a real store."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, WebSocket

from hub.clock import SystemClock
from hub.config.sections import ReceivingSection, RecordingSection
from hub.core.call import Call, CallState, Cause, Direction, Leg, LegState, Party
from hub.core.dial_plan import DialPlan
from hub.core.signals import DndSignal, Kind, LegSignal, Signal, Snapshot
from hub.core.switchboard import Switchboard
from hub.journal.journals import Journals
from hub.phone import commands
from hub.phone.about import HandsetInfo, PhoneInfo
from hub.phone.adapter import ConnectionLost, PhoneError
from hub.phone.phone import Phone
from hub.plugin_host.plugin import Failure, Plugin, PluginState
from hub.recording.keeping import Keeping
from hub.recording.library import Library as Recordings
from hub.recording.recorder import Recorder, Services
from hub.web.asking import User  # noqa: TC001  FastAPI reads the annotations
from hub.web.uploads import upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from hub.events import Event
    from hub.rules.folders import Library
    from hub.store.store import Store

PLAN = DialPlan()
ALL = frozenset(
    {
        "dial",
        "answer",
        "hold",
        "resume",
        "end",
        "ignore",
        "mute",
        "dtmf",
        "dnd",
        "appearance",
        "resume_shared",
        "seize",
        "answer_line",
    }
)


class Line:
    """An adapter whose phone system is this object: what is asked happens at once."""

    def __init__(self, capabilities: frozenset[str] = ALL) -> None:
        self.capabilities = capabilities
        self.about = PhoneInfo(product="Loopback", handsets=(HandsetInfo(id="desk", capabilities=ALL),))
        self.asked: list[commands.Command] = []
        self.legs: dict[str, LegState] = {}
        self.dnd = False
        self.unplugged = False
        self.keyed = ""
        self.told: asyncio.Queue[Signal | None] = asyncio.Queue()
        self._ids = itertools.count(1)

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(at=datetime.now(UTC), live=tuple(self.legs.values()), dnd=self.dnd)

    async def open(self, mark: str) -> Line:  # noqa: ARG002  nothing ends unseen here
        if self.unplugged:
            raise ConnectionLost("still unplugged")
        return self

    async def signals(self) -> AsyncIterator[Signal]:
        while (signal := await self.told.get()) is not None:
            yield signal
        raise ConnectionLost("unplugged")

    async def close(self) -> None:
        """Nothing is held open."""

    def ring(self, number: str, name: str, conversation: str = "") -> None:
        self._begin(Direction.INBOUND, number, name, Kind.DELIVERED, CallState.ALERTING, conversation)

    def _begin(
        self, direction: Direction, number: str, name: str, kind: Kind, state: CallState, conversation: str = ""
    ) -> str:
        nth = next(self._ids)
        leg = Leg(
            id=f"leg{nth}",
            conversation=conversation or f"c{nth}",
            device="desk",
            direction=direction,
            party=Party(PLAN.number(number), name),
            started=datetime.now(UTC),
        )
        self.legs[leg.id] = LegState(leg=leg, state=state)
        self.told.put_nowait(LegSignal(kind=kind, leg=leg, at=datetime.now(UTC)))
        return leg.id

    async def do(self, command: commands.Command) -> dict[str, str]:
        self.asked.append(command)
        if isinstance(command, commands.SetDnd):
            self.dnd = command.on
            self.told.put_nowait(DndSignal(on=command.on, at=datetime.now(UTC)))
        elif isinstance(command, commands.DialNumber):
            if command.device not in {"", "desk"}:
                raise PhoneError(f"there is no device {command.device}", "refused")
            return {"leg": self._begin(Direction.OUTBOUND, command.number, "", Kind.ORIGINATED, CallState.INITIATED)}
        elif isinstance(command, commands.LegCommand):
            self._move(command)
        return {}

    def _move(self, command: commands.LegCommand) -> None:
        kind, state = {
            "answer": (Kind.ESTABLISHED, CallState.CONNECTED),
            "hold": (Kind.HELD, CallState.HOLD),
            "resume": (Kind.RETRIEVED, CallState.CONNECTED),
            "end": (Kind.CLEARED, CallState.NULL),
            "ignore": (Kind.UPDATED, CallState.ALERTING),
            "mute": (Kind.UPDATED, CallState.CONNECTED),
            "dtmf": (Kind.UPDATED, CallState.CONNECTED),
        }[command.name]
        at = datetime.now(UTC)
        leg = self.legs.pop(command.leg)
        if isinstance(command, commands.MuteLeg):
            leg = replace(leg, leg=replace(leg.leg, muted=command.on))
        if isinstance(command, commands.SendDigits):
            self.keyed += command.digits
        if state is not CallState.NULL:
            self.legs[command.leg] = replace(leg, state=state)
        self.told.put_nowait(LegSignal(kind=kind, leg=leg.leg, at=at, cause=Cause.NORMAL))


@dataclass
class Office:
    """The host: alice and bob, each with a line of their own."""

    store: Store
    library: Library
    lines: dict[str, Line] = field(default_factory=lambda: {"alice": Line(), "bob": Line()})
    phones: dict[str, Phone] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seq = itertools.count(1)
        self.recordings = Recordings(self.store)
        self.journals = Journals()
        services = Services(
            phones=self.phones,
            settings=lambda _user: RecordingSection(),
            receiving=ReceivingSection(),
            folder=Path("recordings"),
            clock=SystemClock(),
            zone=UTC,
            emit=self.emit,
            next_seq=lambda _user: next(seq),
        )
        self.recorder = Recorder(services, Keeping(self.recordings, SystemClock()))
        self._listeners: list[Callable[[Event], None]] = []
        self._changed = asyncio.Event()
        for user, line in self.lines.items():
            board = Switchboard(user, next_seq=lambda: next(seq), find_contacts=lambda _number: ())
            self.phones[user] = Phone(board, line, PLAN, SystemClock(), emit=self.emit, next_seq=lambda: next(seq))

    def emit(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def ring(self, user: str, number: str = "+15855551234", name: str = "Ann", conversation: str = "") -> Call:
        known = {call.id for call in self.phones[user].calls}
        self.lines[user].ring(number, name, conversation)
        await self.until(lambda: any(call.id not in known for call in self.phones[user].calls))
        return next(call for call in self.phones[user].calls if call.id not in known)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def plugins(self) -> Iterable[Plugin]:
        at = datetime(2026, 3, 2, tzinfo=UTC)
        return [
            Plugin(name="screenpop", origin="phonehub 0.1.0", version="0.1.0"),
            Plugin(name="broken", origin="x.py", state=PluginState.FAILED, last_failure=Failure(at, "of Ann", "trace")),
        ]

    def routers(self) -> Iterable[tuple[str, APIRouter]]:
        router = APIRouter()

        @router.get("/me")
        def me(user: User) -> dict[str, str]:
            return {"user": user}

        @router.get("/unguarded")
        def unguarded() -> dict[str, str]:
            return {"secret": "mine"}

        @router.put("/files/{name}")
        @upload("text/csv", largest=200_000)
        async def keep(name: str, request: Request) -> dict[str, int]:
            return {name: sum([len(chunk) async for chunk in request.stream()])}

        @router.websocket("/talk")
        async def talk(socket: WebSocket, user: User) -> None:
            await socket.accept()
            await socket.send_text(user)
            await socket.close()

        return [("notebook", router)]
