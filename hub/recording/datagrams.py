"""Takes waiting datagrams out of UDP sockets, many at once, with the time each arrived at."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 64
"""Datagrams taken by one call."""
LONGEST = 2048
"""Bytes of the longest datagram that is taken whole; RTP fits in an Ethernet frame."""


class Datagrams(Protocol):
    """A batch: after `take` its first rows are what was taken.

    `data` has a row a datagram, `sizes` their lengths, `arrived` when, in seconds of `time.monotonic`.
    """

    data: NDArray[np.uint8]
    sizes: NDArray[np.uint32]
    arrived: NDArray[np.float64]

    def prepare(self, there: socket.socket) -> None:
        """Set a socket up for being taken from."""

    def begin(self) -> None:
        """To be called before each round of takes."""

    def take(self, fd: int) -> int:
        """Take what waits in a socket, at most `AT_ONCE`; returns how many, 0 if none waits. Raises OSError."""

    def datagrams(self, count: int) -> list[bytes]:
        """Return the first so many of the batch."""


def best() -> Datagrams:
    """Return what is quickest here."""
    return Many() if sys.platform == "linux" and sys.maxsize > 1 << 32 else OneByOne()


class _Batch:
    data: NDArray[np.uint8]
    sizes: NDArray[np.uint32]

    def datagrams(self, count: int) -> list[bytes]:
        """Return the first so many; cut out of one block, which is quicker than row by row."""
        sizes = self.sizes[:count].tolist()
        longest = max(sizes)
        block = self.data[:count, :longest].tobytes()
        return [block[begin : begin + size] for begin, size in zip(range(0, len(block), longest), sizes, strict=True)]


class OneByOne(_Batch):
    """For any system: one call a datagram. They are said to have arrived when they were taken."""

    def __init__(self) -> None:
        self.data = np.zeros((AT_ONCE, LONGEST), np.uint8)
        self.sizes = np.zeros(AT_ONCE, np.uint32)
        self.arrived = np.zeros(AT_ONCE)
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
                self.sizes[count] = there.recv_into(row)
            except (BlockingIOError, InterruptedError):
                break
            count += 1
        self.arrived[:count] = time.monotonic()
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
    """For Linux: `recvmmsg`, with the kernel's own time of arrival (`SO_TIMESTAMPNS`)."""

    def __init__(self) -> None:
        self.data = np.zeros((AT_ONCE, LONGEST), np.uint8)
        self._messages = (_Message * AT_ONCE)()
        self._vectors = (_Vector * AT_ONCE)()
        self._times = np.zeros((AT_ONCE, _CONTROL // 8), np.int64)
        for row, (message, vector) in enumerate(zip(self._messages, self._vectors, strict=True)):
            vector.base, vector.length = self.data[row].ctypes.data, LONGEST
            message.header.vector, message.header.vectors = ctypes.addressof(vector), 1
            message.header.control, message.header.control_length = self._times[row].ctypes.data, _CONTROL
        size = ctypes.sizeof(_Message)
        words = np.frombuffer(memoryview(self._messages).cast("B"), np.uint8).reshape(AT_ONCE, size)
        self.sizes = words[:, _Message.length.offset : _Message.length.offset + 4].view(np.uint32)[:, 0]
        at = _Header.control_length.offset
        self._control_lengths = words[:, at : at + ctypes.sizeof(ctypes.c_size_t)].view(np.uintp)[:, 0]
        self.arrived = np.zeros(AT_ONCE)
        self._offset = 0.0
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        self._recvmmsg = libc.recvmmsg
        self._recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        self._recvmmsg.restype = ctypes.c_int
        self._address = ctypes.addressof(self._messages)

    def prepare(self, there: socket.socket) -> None:
        """Have the kernel note when datagrams arrive."""
        there.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def begin(self) -> None:
        """Note how the wall clock, which the kernel tells, and the monotonic one differ now."""
        self._offset = time.time() - time.monotonic()

    def take(self, fd: int) -> int:
        """Take with one call."""
        count: int = self._recvmmsg(fd, self._address, AT_ONCE, _MSG_DONTWAIT, None)
        if count <= 0:
            code = ctypes.get_errno()
            if count == 0 or code in {errno.EAGAIN, errno.EINTR}:
                return 0
            raise OSError(code, os.strerror(code))
        times = self._times[:count]
        np.multiply(times[:, 3], 1e-9, out=self.arrived[:count])
        self.arrived[:count] += times[:, 2] - self._offset
        self._control_lengths[:count] = _CONTROL  # the kernel has written what it used
        return count
