"""Sends the audio of an office over UDP, while it is said."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

from hub.media.codec import FRAME_SECONDS
from hub.media.codecs import by_name
from hub.sim.audio.packets import PacketSource
from hub.sim.audio.voices import Voices

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.sim.exchange.audio import Attached, Audio
    from hub.sim.exchange.office import Office

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Streams:
    attached: Attached
    near: PacketSource
    far: PacketSource


class AudioSender:
    """Sends every 20 ms what is due of all streams. One task; `now` gives monotonic seconds."""

    def __init__(self, office: Office, audio: Audio, *, now: Callable[[], float] = time.monotonic) -> None:
        self._office = office
        self._audio = audio
        self._now = now
        self._voices = Voices(office.voices, [user.who for user in office.users.values()])
        self._streams: dict[str, _Streams] = {}
        self._stale = asyncio.Event()
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._out_of_reach: set[tuple[str, int]] = set()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(_tell_a_defect)

    def changed(self) -> None:
        """Know that something happened to a leg or its audio."""
        self._stale.set()

    def source(self, destination: tuple[str, int]) -> dict[str, str]:
        """Return where audio to a destination comes from, as it is told to the client; nothing if there is no way."""
        here = self._socket_to(destination)
        with socket.socket(here.family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(destination)
            except OSError:
                return {}
            host = probe.getsockname()[0]
        return {"source_host": host, "source_port": str(here.getsockname()[1])}

    def send(self, until: float) -> None:
        """Send everything that is due up to a time, as fast as it can be sent."""
        if self._stale.is_set():
            self._stale.clear()
            self._follow(until)
        for streams in self._streams.values():
            for source, destination in ((streams.near, streams.attached.near), (streams.far, streams.attached.far)):
                for _, data in source.due(until):
                    self._send_to(destination, data)

    async def stop(self) -> None:
        """Send nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for one in self._sockets.values():
            one.close()

    async def _run(self) -> None:
        while True:
            if not self._streams:
                await self._stale.wait()
            self.send(self._now())
            await asyncio.sleep(FRAME_SECONDS)

    def _follow(self, now: float) -> None:
        """Let each stream say what is now said on its leg."""
        attached = {one.leg: one for one in self._audio.attached()}
        kept = {leg: streams for leg, streams in self._streams.items() if streams.attached is attached.get(leg)}
        self._streams = {leg: kept.get(leg) or self._begin(one, now) for leg, one in attached.items()}
        for leg, streams in self._streams.items():
            heard = self._audio.heard(leg)
            for source, speaking in ((streams.near, heard.near), (streams.far, heard.far)):
                source.voice = self._voices.together(speaking)
                source.paused = heard.on_hold

    def _begin(self, attached: Attached, now: float) -> _Streams:
        codec, network = by_name(attached.codec), self._office.network

        def source(side: str) -> PacketSource:
            seed = network.seed + crc32(f"{attached.leg} {side}".encode())
            return PacketSource(self._voices.together(()), codec, began=now, impairments=replace(network, seed=seed))

        return _Streams(attached, source("near"), source("far"))

    def _send_to(self, destination: tuple[str, int], data: bytes) -> None:
        try:
            self._socket_to(destination).sendto(data, destination)
        except BlockingIOError:  # the network is full: the packet is lost, as it would be on the way
            pass
        except OSError as error:
            if destination not in self._out_of_reach:
                self._out_of_reach.add(destination)
                log.warning("no audio can be sent to %s port %d: %s", *destination, error)

    def _socket_to(self, destination: tuple[str, int]) -> socket.socket:
        family = socket.AF_INET6 if ":" in destination[0] else socket.AF_INET
        if family not in self._sockets:
            self._sockets[family] = here = socket.socket(family, socket.SOCK_DGRAM)
            here.settimeout(0)
            here.bind(("", 0))
        return self._sockets[family]


def _tell_a_defect(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("audio is sent no more", exc_info=error)
