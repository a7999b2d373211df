"""Takes waiting datagrams out of UDP sockets, many at once, with who sent them and when they arrived."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import socket
import struct
import sys
import time
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

AT_ONCE = 64
"""Datagrams taken by one call."""
LONGEST = 2048
"""Bytes of the longest datagram that is taken whole; RTP fits in an Ethernet frame."""
STEP = 0.002
"""Seconds that wall clock and monotonic clock may move against each other between two rounds, unless one was set."""
_IPV4, _IPV6 = struct.Struct("=H2s4s20x"), struct.Struct("=H2s4x16s4x")
"""The structures `sockaddr_in` and `sockaddr_in6`, both as long as the longer one."""

Address = tuple[str, int]


def sender_at(address: Address) -> bytes:
    """Return the sender of an address, as batches tell it; raises ValueError for what is no IP address and port."""
    host, port = ip_address(address[0]), address[1].to_bytes(2)
    if isinstance(host, IPv6Address):
        return _IPV6.pack(socket.AF_INET6, port, host.packed)
    return _IPV4.pack(socket.AF_INET, port, host.packed)


class Datagrams(Protocol):
    """A batch: after `take` it holds what was taken; `arrived` is when the last of that did, in monotonic seconds."""

    arrived: float

    def prepare(self, there: socket.socket) -> None:
        """Set a socket up for being taken from."""

    def begin(self) -> None:
        """To be called before each round of takes."""

    def take(self, fd: int) -> int:
        """Take what waits in a socket, at most `AT_ONCE`; returns how many, 0 if none waits. Raises OSError."""

    def datagrams(self, count: int) -> list[bytes]:
        """Return the first so many of the batch."""

    def all_by(self, sender: bytes, count: int) -> bool:
        """Whether the first so many are all by one sender."""

    def senders(self, count: int) -> Iterable[bytes]:
        """Yield who sent the first so many."""


def best() -> Datagrams:
    """Return what is quickest here."""
    return Many() if sys.platform == "linux" and sys.maxsize > 1 << 32 else OneByOne()


class _Batch:
    def __init__(self) -> None:
        self.arrived = 0.0
        self.data: NDArray[np.uint8] = np.zeros((AT_ONCE, LONGEST), np.uint8)
        self.sizes: NDArray[np.uint32] = np.zeros(AT_ONCE, np.uint32)
        self.names: NDArray[np.uint8] = np.zeros((AT_ONCE, _IPV6.size), np.uint8)

    def all_by(self, sender: bytes, count: int) -> bool:
        """Compare them at once."""
        return self.names[:count].tobytes() == sender * count

    def senders(self, count: int) -> Iterable[bytes]:
        """Yield who sent the first so many."""
        return (row.tobytes() for row in self.names[:count])

    def datagrams(self, count: int) -> list[bytes]:
        """Return the first so many; cut out of one block, which is quicker than row by row."""
        sizes = self.sizes[:count].tolist()
        longest = max(sizes)
        block = self.data[:count, :longest].tobytes()
        return [block[begin : begin + size] for begin, size in zip(range(0, len(block), longest), sizes, strict=True)]


class OneByOne(_Batch):
    """For any system: one call a datagram. They are said to have arrived when they were taken."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = [memoryview(row) for row in self.data]
        self._sockets: dict[int, socket.socket] = {}

    def prepare(self, there: socket.socket) -> None:
        """Know the socket of a descriptor, which is not the same thing everywhere."""
        self._sockets[there.fileno()] = there

    def begin(self) -> None:
        """Forget the sockets that were closed."""
        self._sockets = {fd: there for fd, there in self._sockets.items() if there.fileno() == fd}

    def take(self, fd: int) -> int:
        """Take one after another."""
        there, count = self._sockets[fd], 0
        for row in self._rows:
            try:
                self.sizes[count], by = there.recvfrom_into(row)
            except (BlockingIOError, InterruptedError):
                break
            self.names[count] = np.frombuffer(sender_at(by[:2]), np.uint8)
            count += 1
        self.arrived = time.monotonic()
        return count


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.c_void_p),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint32))


_CONTROL = 32
"""Bytes of one control message with a time: its header (16), seconds and nanoseconds."""
_SO_TIMESTAMPNS = 35
_MSG_DONTWAIT = 0x40


class Many(_Batch):
    """For Linux: `recvmmsg`, with the kernel's own time of arrival (`SO_TIMESTAMPNS`).

    That is told by the wall clock, which may be set at any time, and goes on while the computer sleeps: what is taken
    about then is said to have arrived when it was taken.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._wall, self._monotonic = wall, monotonic
        self._messages = (_Message * AT_ONCE)()
        self._vectors = (_Vector * AT_ONCE)()
        self._times = np.zeros((AT_ONCE, _CONTROL // 8), np.int64)
        for row, (message, vector) in enumerate(zip(self._messages, self._vectors, strict=True)):
            vector.base, vector.length = self.data[row].ctypes.data, LONGEST
            message.header.name, message.header.name_length = self.names[row].ctypes.data, _IPV6.size
            message.header.vector, message.header.vectors = ctypes.addressof(vector), 1
            message.header.control, message.header.control_length = self._times[row].ctypes.data, _CONTROL
        size = ctypes.sizeof(_Message)
        words = np.frombuffer(memoryview(self._messages).cast("B"), np.uint8).reshape(AT_ONCE, size)
        self.sizes = words[:, _Message.length.offset : _Message.length.offset + 4].view(np.uint32)[:, 0]
        at = _Header.control_length.offset
        self._control_lengths = words[:, at : at + ctypes.sizeof(ctypes.c_size_t)].view(np.uintp)[:, 0]
        self._offset = wall() - monotonic()
        self._is_steady = True
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        self._recvmmsg = libc.recvmmsg
        self._recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        self._recvmmsg.restype = ctypes.c_int
        self._address = ctypes.addressof(self._messages)

    def prepare(self, there: socket.socket) -> None:
        """Have the kernel note when datagrams arrive."""
        there.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def begin(self) -> None:
        """Note how the wall clock and the monotonic one differ now, and whether they did so the last time."""
        before, self._offset = self._offset, self._wall() - self._monotonic()
        self._is_steady = abs(self._offset - before) < STEP

    def take(self, fd: int) -> int:
        """Take with one call."""
        count: int = self._recvmmsg(fd, self._address, AT_ONCE, _MSG_DONTWAIT, None)
        if count <= 0:
            code = ctypes.get_errno()
            if count == 0 or code in {errno.EAGAIN, errno.EINTR}:
                return 0
            raise OSError(code, os.strerror(code))
        now = self._monotonic()
        if self._is_steady and abs(self._wall() - now - self._offset) < STEP:
            _, _, seconds, nanoseconds = self._times[count - 1].tolist()
            self.arrived = min(now, seconds - self._offset + nanoseconds * 1e-9)
        else:
            self.arrived = now
        self._control_lengths[:count] = _CONTROL  # the kernel has written what it used
        return count
