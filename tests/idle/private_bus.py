"""A D-Bus of the test's own, and somebody there who plays logind and GNOME."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATH = "/org/freedesktop/login1/session/_32"
SESSION = "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"


class StandIn:
    """Answers as logind does, for one session; `untouched` are the milliseconds that GNOME tells, None: no GNOME."""

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus
        self.locked = False
        self.idle_since = 0
        self.untouched: int | None = None
        bus.add_message_handler(self.answer)

    def answer(self, message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        match message.member, message.path:
            case "Get", "/org/freedesktop/login1/session/auto" if message.body == [SESSION, "Id"]:
                return Message.new_method_return(message, "v", [Variant("s", "2")])
            case "GetSession", "/org/freedesktop/login1" if message.body == ["2"]:
                return Message.new_method_return(message, "o", [PATH])
            case "GetAll", path if path == PATH:
                told = {
                    "LockedHint": Variant("b", self.locked),
                    "IdleHint": Variant("b", bool(self.idle_since)),
                    "IdleSinceHint": Variant("t", self.idle_since),
                }
                return Message.new_method_return(message, "a{sv}", [told])
            case "GetIdletime", "/org/gnome/Mutter/IdleMonitor/Core" if self.untouched is not None:
                return Message.new_method_return(message, "t", [self.untouched])
        return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "no such thing")

    def signal(self, member: str) -> None:
        """Tell what a lock screen is to do."""
        self.bus.send(Message.new_signal(PATH, SESSION, member))

    def locks(self, *, on: bool) -> None:
        """Do what a lock screen does."""
        self.locked = on
        changed = [SESSION, {"LockedHint": Variant("b", on)}, []]
        self.bus.send(Message.new_signal(PATH, PROPERTIES, "PropertiesChanged", "sa{sv}as", changed))


@asynccontextmanager
async def private_bus(folder: Path) -> AsyncIterator[str]:
    """Run a bus; give its address."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None and not os.environ.get("CI"):
        pytest.skip("dbus-daemon is not installed")
    assert daemon is not None, "dbus-daemon is not installed"
    socket = f"--address=unix:path={folder / 'bus'}"
    running = await asyncio.create_subprocess_exec(
        daemon, "--session", "--nofork", "--nopidfile", "--print-address", socket, stdout=PIPE, stderr=sys.stderr
    )
    assert running.stdout is not None
    try:
        yield (await running.stdout.readline()).decode().strip()
    finally:
        running.terminate()
        await running.wait()


@asynccontextmanager
async def stand_in(address: str) -> AsyncIterator[StandIn]:
    """Let somebody play logind there."""
    bus = await MessageBus(bus_address=address).connect()
    played = StandIn(bus)
    for name in ("org.freedesktop.login1", "org.gnome.Mutter.IdleMonitor"):
        await bus.request_name(name)
    try:
        yield played
    finally:
        bus.disconnect()
