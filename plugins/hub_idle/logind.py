"""Linux: logind tells of the lock and, by what the desktop says, of idleness; GNOME says that better itself."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

from hub_idle.sight import CannotSee, Sight

if TYPE_CHECKING:
    from collections.abc import Callable

_LOGIND = "org.freedesktop.login1"
_MANAGER = "/org/freedesktop/login1"
_OWN = "/org/freedesktop/login1/session/auto"
_SESSION = "org.freedesktop.login1.Session"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_BUS = "org.freedesktop.DBus"
_MUTTER = "org.gnome.Mutter.IdleMonitor"
_TROUBLE = (OSError, EOFError, AuthError, DBusError, InvalidAddressError, TimeoutError)


class Logind:
    """Looks through the D-Bus. An answer may take `within` seconds; `now` is the wall clock, in Unix seconds."""

    def __init__(self, *, within: float = 5.0, now: Callable[[], float] = time.time) -> None:
        self.stirred = asyncio.Event()
        self._within = within
        self._now = now
        self._system: MessageBus | None = None
        self._desktop: MessageBus | None = None
        self._path = ""
        self._locked: bool | None = None

    async def open(self) -> None:
        """Connect, and find the session."""
        try:
            self._system = await self._connected(BusType.SYSTEM)
            own = await self._get(_OWN, "Id")
            (self._path,) = await self._call(self._system, _LOGIND, _MANAGER, f"{_LOGIND}.Manager", "GetSession", own)
            for interface in (_SESSION, _PROPERTIES):
                rule = f"type='signal',sender='{_LOGIND}',interface='{interface}',path='{self._path}'"
                await self._call(self._system, _BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", rule)
        except _TROUBLE as error:
            raise CannotSee(f"logind does not tell of a session: {error}; is the hub run in yours?") from None
        self._system.add_message_handler(self._hear)
        if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            try:
                self._desktop = await self._connected(BusType.SESSION)
            except _TROUBLE:
                self._desktop = None  # then logind says what it knows

    async def look(self) -> Sight:
        """Ask."""
        try:
            told = await self._all()
        except _TROUBLE as error:
            raise CannotSee(f"logind does not answer: {error}") from None
        untouched = await self._asked_of_the_desktop()
        if untouched is None:
            untouched = max(0.0, self._now() - told["IdleSinceHint"] / 1e6) if told["IdleHint"] else 0.0
        return Sight(bool(told["LockedHint"]) if self._locked is None else self._locked, untouched)

    async def close(self) -> None:
        """Disconnect."""
        for bus in (self._system, self._desktop):
            if bus is not None:
                bus.disconnect()
        self._system = self._desktop = None

    def _hear(self, message: Message) -> None:
        """Take a signal: some lock screens only obey logind's, others only set the property."""
        if message.message_type is not MessageType.SIGNAL or message.path != self._path:
            return
        if message.interface == _SESSION and message.member in {"Lock", "Unlock"}:
            self._locked = message.member == "Lock"
        elif message.member == "PropertiesChanged" and message.body[0] == _SESSION and "LockedHint" in message.body[1]:
            self._locked = bool(message.body[1]["LockedHint"].value)
        self.stirred.set()

    async def _asked_of_the_desktop(self) -> float | None:
        """Return for how many seconds nobody touched anything, None where the desktop does not say."""
        if self._desktop is None:
            return None
        path = "/org/gnome/Mutter/IdleMonitor/Core"
        try:
            (milliseconds,) = await self._call(self._desktop, _MUTTER, path, _MUTTER, "GetIdletime")
        except _TROUBLE:
            return None
        return float(milliseconds) / 1000

    async def _connected(self, kind: BusType) -> MessageBus:
        async with asyncio.timeout(self._within):
            return await MessageBus(bus_type=kind).connect()

    async def _get(self, path: str, name: str) -> Any:
        (found,) = await self._call(self._system, _LOGIND, path, _PROPERTIES, "Get", _SESSION, name)
        return found.value

    async def _all(self) -> dict[str, Any]:
        (found,) = await self._call(self._system, _LOGIND, self._path, _PROPERTIES, "GetAll", _SESSION)
        return {name: variant.value for name, variant in found.items()}

    async def _call(
        self, bus: MessageBus | None, whom: str, path: str, interface: str, what: str, *texts: str
    ) -> list[Any]:
        if bus is None:
            raise EOFError("the connection is closed")
        asked = Message(
            destination=whom, path=path, interface=interface, member=what, signature="s" * len(texts), body=list(texts)
        )
        async with asyncio.timeout(self._within):
            answer = await bus.call(asked)
        if answer is None or answer.message_type is MessageType.ERROR:
            raise DBusError(answer.error_name or "", str(answer.body)) if answer else EOFError("no answer")
        body: list[Any] = answer.body
        return body
