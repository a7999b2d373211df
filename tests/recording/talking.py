"""A phone system that sends what is said as RTP: every call is answered by hand, and its two parties hum."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel
from web_host import ALL, Line

from hub import hookimpl
from hub.core.call import CallState, Cause, HoldKind, LegState
from hub.core.signals import Kind, LegSignal
from hub.media.codecs import by_name
from hub.media.rtp import Packet, build
from hub.phone import commands
from hub.phone.adapter import AdapterKind, PhoneError
from hub.testing.harness import Recorded, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from hub.app import Hub

USER, FAR = 440.0, 620.0
"""Hertz of the user's voice, and of the far end's."""
LOUD = 8000
FRAME = 0.02


def hum(pitch: float, begin: float, seconds: float, rate: int) -> np.ndarray:
    """Return a voice: its phase goes on from the time 0."""
    at = begin + np.arange(round(seconds * rate)) / rate
    return np.round(np.sin(2 * np.pi * pitch * at) * LOUD).astype(np.int16)


class TalkingLine(Line):
    """A line whose calls have audio. `codec`, `refusal` and `mute` say how that goes."""

    def __init__(self) -> None:
        super().__init__(ALL | {"record", "detach_media"})
        self.codec = "PCMU"
        self.refusal = ""
        self.silent = False
        self.asked: list[commands.Command] = []
        self.talking: dict[str, asyncio.Task[None]] = {}
        self.sent: dict[str, int] = {}
        self.spoken = asyncio.Event()

    async def do(self, command: commands.Command) -> dict[str, str]:
        self.asked.append(command)
        if isinstance(command, commands.AttachMedia):
            return self._attach(command)
        if isinstance(command, commands.DetachMedia):
            self._hush(command.leg)
            return {}
        if isinstance(command, commands.Announce):
            return {}
        if isinstance(command, commands.EndLeg):
            self._hush(command.leg)
        return await super().do(command)

    def hold_shared(self, leg: str) -> None:
        """Let the user put the call where any handset can take it."""
        self.legs[leg] = held = replace(
            self.legs[leg], state=CallState.HOLD, leg=replace(self.legs[leg].leg, held=HoldKind.SHARED)
        )
        self._say(held, Kind.HELD)

    def clear(self, leg: str, cause: Cause) -> None:
        """Let a leg end by itself."""
        self._hush(leg)
        self._say(self.legs.pop(leg), Kind.CLEARED, cause)

    def hand_off(self, leg: str, to: str) -> None:
        """Let a call go on at another handset of the user."""
        other = replace(
            self.legs[leg], state=CallState.ALERTING, leg=replace(self.legs[leg].leg, id=to, device="mobile")
        )
        self._say(other, Kind.DELIVERED)
        self.legs[to] = replace(other, state=CallState.CONNECTED)
        self._say(self.legs[to], Kind.ESTABLISHED)
        self.clear(leg, Cause.NORMAL)

    def conference(self, *legs: str) -> None:
        """Let some legs talk together."""
        for leg in legs:
            self.legs[leg] = joined = replace(self.legs[leg], leg=replace(self.legs[leg].leg, conference="conf-1"))
            self._say(joined, Kind.UPDATED)

    def _say(self, leg: LegState, kind: Kind, *cause: Cause) -> None:
        more = {"cause": cause[0]} if cause else {}
        self.told.put_nowait(LegSignal(kind=kind, leg=leg.leg, at=self.snapshot.at, **more))

    def _attach(self, command: commands.AttachMedia) -> dict[str, str]:
        if self.refusal:
            raise PhoneError(f"refused: {self.refusal}", self.refusal)
        self.sent.setdefault(command.leg, 0)
        self.talking[command.leg] = asyncio.create_task(self._talk(command))
        kind = by_name(self.codec) if self.codec != "GSM" else None
        return {"codec": self.codec, "payload_type": str(kind.payload_type if kind else 3)}

    def _hush(self, leg: str) -> None:
        task = self.talking.pop(leg, None)
        if task is not None:
            task.cancel()

    async def _talk(self, command: commands.AttachMedia) -> None:
        """Send 20 ms a packet to both addresses, in step with the clock."""
        kind = by_name(self.codec)
        encoders = [kind.encoder(), kind.encoder()]
        sources = [2 * len(self.sent), 2 * len(self.sent) + 1]
        began, nth = time.monotonic(), 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            while True:
                await asyncio.sleep(max(0.0, began + nth * FRAME - time.monotonic()))
                held = command.leg in self.legs and self.legs[command.leg].state is CallState.HOLD
                if not self.silent and not held:
                    for encoder, pitch, to, ssrc in zip(
                        encoders, (USER, FAR), (command.near, command.far), sources, strict=True
                    ):
                        voice = hum(pitch, nth * FRAME, FRAME, kind.sample_rate)
                        ticks = round(nth * FRAME * kind.clock_rate)
                        packet = Packet(
                            kind.payload_type,
                            marker=False,
                            sequence=nth % 65536,
                            timestamp=ticks,
                            ssrc=ssrc,
                            payload=encoder.encode(voice),
                        )
                        with contextlib.suppress(OSError):
                            here.sendto(build(packet), to)
                    self.sent[command.leg] += 1
                    self.spoken.set()
                nth += 1


class Settings(BaseModel):
    """Nothing is to be set."""


class TalkingPhones:
    """The plugin: one line, which the test holds."""

    def __init__(self, line: TalkingLine) -> None:
        self.line = line

    @hookimpl
    def register_adapters(self) -> Iterable[AdapterKind]:
        return (AdapterKind("talking", Settings, lambda *_: self.line),)


class Talk:
    """A hub whose phone talks."""

    def __init__(self, hub: Hub, events: Recorded, line: TalkingLine, folder: Path) -> None:
        self.hub = hub
        self.events = events
        self.line = line
        self.folder = folder
        self.phone = hub.phones["alice"]

    async def answered(self, number: str = "+15855551234", name: str = "Ada Caller") -> str:
        """Have a call come in and answered; return its id."""
        times = sum(event.type == "answer" for event in self.events.all) + 1
        self.line.ring(number, name)
        ring = await self.events.type("ring", times)
        await self.phone.answer(ring.call.id)
        await self.events.type("answer", times)
        return ring.call.id

    async def heard(self, packets: int, leg: str = "leg1") -> None:
        """Return when so many packets more were sent for a leg."""
        until = self.line.sent.get(leg, 0) + packets
        while self.line.sent.get(leg, 0) < until:
            self.line.spoken.clear()
            await self.line.spoken.wait()

    async def recording(self, state: str, times: int = 1) -> object:
        """Return the event of a recording that came into a state so many times."""

        def last(told: list[object]) -> object:
            found = [each for each in told if each.type == "recording" and each.state == state]
            return found[times - 1] if len(found) >= times else None

        return await self.events.until(last)

    def files(self, ending: str = ".wav") -> list[Path]:
        return sorted(self.folder.glob(f"*{ending}"))

    def sidecar(self, path: Path) -> dict[str, object]:
        told: dict[str, object] = json.loads(path.with_suffix(".json").read_text())
        return told


def configured(folder: Path, recording: str = "", more: str = "", to: str | None = "recordings") -> Path:
    """Write the configuration of a hub for alice whose phone talks; `to` is the folder for recordings."""
    path = folder / "phonehub.toml"
    for name in ("rules", "plugins", "recordings"):
        (folder / name).mkdir(exist_ok=True)
    chosen = f'folder = "{to}"\n' if to else ""
    path.write_text(
        f'[hub]\nstate = "state"\n\n[recording]\n{chosen}{recording}\n\n{more}\n\n'
        '[users.alice.phone]\nadapter = "talking"\n'
    )
    return path


@asynccontextmanager
async def talking(
    folder: Path, recording: str = "", *, rules: str = "", more: str = "", to: str | None = "recordings"
) -> AsyncIterator[Talk]:
    """Run a hub whose phone talks."""
    path = configured(folder, recording, more, to)
    if rules:
        (folder / "rules" / "rules.yaml").write_text(rules)
    line = TalkingLine()
    async with running(path, [TalkingPhones(line)]) as (hub, events):
        try:
            yield Talk(hub, events, line, folder / (to or "state/recordings/alice"))
        finally:
            for leg in tuple(line.talking):
                line._hush(leg)
