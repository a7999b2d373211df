"""The audio of calls, sent as RTP (RFC 3550) to sockets of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Self

from hub.core.signals import Kind
from hub.media.rtp import LONGEST, Packet, parse
from hub.phone.commands import Announce, AttachMedia, DetachMedia
from hub.testing.contract.base import Contract, listening, refused, talking
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

CODECS = ("opus", "G722", "L16", "PCMA", "PCMU")
_SOME = 5


class AudioContract(Contract):
    """What every adapter must do with the audio of calls."""

    async def test_a_call_is_heard_until_its_audio_is_detached(self, phone_system: PhoneSystem) -> None:
        """Both sides come as RTP of the codec that the answer tells, where they are wanted, and then no more."""
        with Ears.open() as first, Ears.open() as second:
            async with talking(phone_system, "record", "detach_media") as (listener, leg):
                told = await listener.session.do(AttachMedia(leg.id, first.near.address, first.far.address, CODECS))
                assert told["codec"] in CODECS
                for ear in (first.near, first.far):
                    packets = [await ear.packet() for _ in range(_SOME)]
                    assert {str(one.payload_type) for one in packets} == {told["payload_type"]}
                    assert len({one.ssrc for one in packets}) == 1
                    assert [one.sequence for one in packets] == sorted(one.sequence for one in packets)
                await listener.session.do(DetachMedia(leg.id))
                await listener.session.do(AttachMedia(leg.id, second.near.address, second.far.address, CODECS))
                await second.hear()
                first.forget()
                await second.hear()
                assert first.forget() == 0

    async def test_audio_that_nobody_can_read_is_refused(self, phone_system: PhoneSystem) -> None:
        """With the code `unsupported_codec`; a call that rings has no audio yet."""
        with Ears.open() as ears:
            where = ears.near.address, ears.far.address
            async with listening(phone_system, "record") as listener:
                await phone_system.ring(CALLER, CALLER_NAME)
                leg = (await listener.hear(Kind.DELIVERED)).leg.id
                await refused(listener, AttachMedia(leg, *where, CODECS), "wrong_state")
                await phone_system.caller_hangs_up()
            async with talking(phone_system, "record") as (listener, talked):
                await refused(listener, AttachMedia(talked.id, *where, ("no-such-codec",)), "unsupported_codec")

    async def test_a_recording_is_announced(self, phone_system: PhoneSystem) -> None:
        """In a call that somebody is in."""
        async with talking(phone_system, "announce") as (listener, leg):
            await listener.session.do(Announce(leg.id))
            await refused(listener, Announce("there-is-no-such-leg"), "unknown_call")


class Ear:
    """A UDP socket of this machine that RTP is sent to."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()

    async def packet(self, within: float = 10.0) -> Packet:
        """Return the next packet."""
        async with asyncio.timeout(within):
            return parse(await asyncio.get_running_loop().sock_recv(self._socket, LONGEST))

    def forget(self) -> int:
        """Throw away what has come; return how many packets that were."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(LONGEST):
                count += 1
        return count

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


class Ears:
    """One for each side of a call."""

    def __init__(self) -> None:
        self.near, self.far = Ear(), Ear()

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[Self]:
        """Listen on free ports."""
        ears = cls()
        try:
            yield ears
        finally:
            ears.near.close()
            ears.far.close()

    async def hear(self) -> None:
        """Hear some packets on each side."""
        for ear in (self.near, self.far):
            for _ in range(_SOME):
                await ear.packet()

    def forget(self) -> int:
        """Throw away what has come; return how many packets that were."""
        return self.near.forget() + self.far.forget()
