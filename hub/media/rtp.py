"""RTP packets (RFC 3550, section 5.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

VERSION = 2
LONGEST = 65_507
"""Bytes of the longest packet: what a UDP datagram can hold."""
SEQUENCES = 1 << 16
TIMESTAMPS = 1 << 32

FIXED_HEADER = Struct("!BBHII")
"""Version and flags, marker and payload type, sequence, timestamp, SSRC; the payload follows if no flag is set."""
_EXTENSION_HEADER = Struct("!HH")
_PADDED, _EXTENDED, _SOURCES = 0x20, 0x10, 0x0F
_MARKED, _PAYLOAD_TYPE = 0x80, 0x7F


class RtpError(ValueError):
    """Data that is no RTP packet; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """`sequence` has 16 bits, `timestamp` (ticks of the codec's clock) and `ssrc` 32, `payload_type` 7."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes | memoryview) -> Packet:
    """Read a datagram; contributing sources, header extension and padding are skipped. Raises `RtpError`."""
    if len(data) < FIXED_HEADER.size:
        raise RtpError(f"{len(data)} bytes are no RTP packet: its header alone has {FIXED_HEADER.size}")
    flags, kind, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(data)
    if flags >> 6 != VERSION:
        raise RtpError(f"RTP version {flags >> 6} instead of {VERSION}")
    begin = FIXED_HEADER.size + 4 * (flags & _SOURCES)
    if flags & _EXTENDED:
        if len(data) < begin + _EXTENSION_HEADER.size:
            raise RtpError(f"the header extension is missing: the packet ends after {len(data)} bytes")
        _, words = _EXTENSION_HEADER.unpack_from(data, begin)
        begin += _EXTENSION_HEADER.size + 4 * words
    end = len(data)
    if flags & _PADDED:
        if not 1 <= data[-1] <= end - begin:
            raise RtpError(f"{data[-1]} bytes of padding in a packet with room for {max(0, end - begin)}")
        end -= data[-1]
    if begin > end:
        raise RtpError(f"the header has {begin} bytes, the packet {end}")
    return Packet(kind & _PAYLOAD_TYPE, kind >= _MARKED, sequence, timestamp, ssrc, bytes(data[begin:end]))


def build(packet: Packet) -> bytes:
    """Return the packet as a datagram. Raises `RtpError` for a field that has too many bits."""
    if not 0 <= packet.payload_type <= _PAYLOAD_TYPE:
        raise RtpError(f"payload type {packet.payload_type} is not in 0 to {_PAYLOAD_TYPE}")
    for name, value, limit in (
        ("sequence", packet.sequence, SEQUENCES),
        ("timestamp", packet.timestamp, TIMESTAMPS),
        ("SSRC", packet.ssrc, TIMESTAMPS),
    ):
        if not 0 <= value < limit:
            raise RtpError(f"{name} {value} is not in 0 to {limit - 1}")
    kind = packet.payload_type | (_MARKED if packet.marker else 0)
    return FIXED_HEADER.pack(VERSION << 6, kind, packet.sequence, packet.timestamp, packet.ssrc) + packet.payload


def unwrapped(value: int, near: int, modulus: int) -> int:
    """Return the count that is closest to `near` among those that read `value` after wrapping around at `modulus`."""
    return near + (value - near + modulus // 2) % modulus - modulus // 2
