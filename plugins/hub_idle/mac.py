"""macOS: what `ioreg` shows of the input devices and the console's user."""

from __future__ import annotations

import asyncio
import plistlib
from asyncio.subprocess import DEVNULL, PIPE
from typing import Any
from xml.parsers.expat import ExpatError

from hub_idle.sight import CannotSee, Sight

_INPUT = ("-r", "-c", "IOHIDSystem", "-d", "1", "-a")
_CONSOLE = ("-n", "Root", "-d", "1", "-a")


class Mac:
    """Asks `ioreg` when it is looked at; that may take `within` seconds."""

    def __init__(self, program: str = "/usr/sbin/ioreg", *, within: float = 5.0) -> None:
        self.stirred = asyncio.Event()
        self._program = program
        self._within = within

    async def open(self) -> None:
        """See whether it can be asked."""
        await self.look()

    async def look(self) -> Sight:
        """Ask."""
        devices, root = await self._ask(*_INPUT), await self._ask(*_CONSOLE)
        try:
            nanoseconds = max(int(each["HIDIdleTime"]) for each in devices)
            users = root.get("IOConsoleUsers", ())
            locked = any(user.get("CGSSessionScreenIsLocked") for user in users if user.get("kCGSSessionOnConsoleKey"))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CannotSee("macOS tells of its session in another way than is known") from None
        return Sight(locked, nanoseconds / 1e9)

    async def close(self) -> None:
        """Nothing is held open."""

    async def _ask(self, *arguments: str) -> Any:
        try:
            running = await asyncio.create_subprocess_exec(
                self._program, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
            )
        except OSError as error:
            raise CannotSee(f"{self._program} cannot be run: {error.strerror}") from None
        try:
            async with asyncio.timeout(self._within):
                told, _ = await running.communicate()
        except TimeoutError:
            raise CannotSee(f"{self._program} did not answer in {self._within:g} s") from None
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        try:
            return plistlib.loads(told)
        except (plistlib.InvalidFileException, ExpatError, ValueError):
            raise CannotSee(f"{self._program} tells nothing that can be read") from None
