"""Windows: the last input, and how the terminal services see the session."""

from __future__ import annotations

import asyncio
import ctypes
from typing import Any

from hub_idle.sight import CannotSee, Sight

_CURRENT_SERVER = None
_CURRENT_SESSION = 0xFFFFFFFF
_SESSION_INFO_EX = 25
_LOCKED = 0


class LastInput(ctypes.Structure):
    """`LASTINPUTINFO`; `dwTime` is in ticks, milliseconds since the start that begin anew after 49.7 days."""

    _fields_ = (("cbSize", ctypes.c_uint32), ("dwTime", ctypes.c_uint32))


class SessionInfo(ctypes.Structure):
    """The beginning of `WTSINFOEXW`, whose union is aligned to eight bytes."""

    _fields_ = (
        ("Level", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
        ("SessionId", ctypes.c_uint32),
        ("SessionState", ctypes.c_int32),
        ("SessionFlags", ctypes.c_int32),
    )


class Windows:
    """Asks Windows when it is looked at. `libraries` are `user32`, `kernel32` and `wtsapi32`."""

    def __init__(self, libraries: Any = None) -> None:
        self.stirred = asyncio.Event()
        self._libraries = libraries

    async def open(self) -> None:
        """Load the libraries."""
        if self._libraries is None:
            self._libraries = getattr(ctypes, "windll", None)
        if self._libraries is None:
            raise CannotSee("this is no Windows")

    async def look(self) -> Sight:
        """Ask."""
        last = LastInput(ctypes.sizeof(LastInput), 0)
        if not self._libraries.user32.GetLastInputInfo(ctypes.byref(last)):
            raise CannotSee("Windows does not tell when this session was touched last")
        ticks = int(self._libraries.kernel32.GetTickCount()) - last.dwTime
        return Sight(self._is_locked(), (ticks & 0xFFFFFFFF) / 1000)

    async def close(self) -> None:
        """Nothing is held open."""

    def _is_locked(self) -> bool:
        wts = self._libraries.wtsapi32
        found, size = ctypes.c_void_p(), ctypes.c_uint32()
        asked = (_CURRENT_SERVER, _CURRENT_SESSION, _SESSION_INFO_EX, ctypes.byref(found), ctypes.byref(size))
        if not wts.WTSQuerySessionInformationW(*asked) or not found.value:
            raise CannotSee("Windows does not tell whether this session is locked")
        try:
            if size.value < ctypes.sizeof(SessionInfo):
                raise CannotSee("Windows tells of its sessions in another way than is known")
            return bool(SessionInfo.from_address(found.value).SessionFlags == _LOCKED)
        finally:
            wts.WTSFreeMemory(found)
