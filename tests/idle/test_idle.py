"""Idle and lock: on Linux over a real D-Bus with a stand-in for logind, elsewhere with stand-ins of the system."""

from __future__ import annotations

import asyncio
import ctypes
import plistlib
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from private_bus import private_bus, stand_in

from hub import Presence
from hub.testing.harness import running, simulated_office, write_config
from hub_idle.logind import Logind
from hub_idle.mac import Mac
from hub_idle.sight import CannotSee, Sight, State
from hub_idle.windows import LastInput, SessionInfo, Windows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_locked_goes_before_idle_and_idle_begins_at_its_time() -> None:
    assert Sight(locked=True, untouched=0).state(600) is State.LOCKED
    assert Sight(locked=False, untouched=599).state(600) is State.ACTIVE
    assert Sight(locked=False, untouched=600).state(600) is State.IDLE


@pytest.mark.peer
@pytest.mark.feature("PRES-07", "RULE-03")
async def test_lock_and_idleness_change_the_presence_and_are_triggers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phonehub: Callable[..., Any]
) -> None:
    config = '[plugins.idle]\nwhen_idle = "busy"\nwhen_locked = "away"\nlook_every = 0.1\n'
    rules = {
        "10.yaml": "on: lock\ndo: [{set_dnd: on}]\n",
        "20.yaml": "on: unlock\ndo: [{set_dnd: off}]\n",
        "30.yaml": "on: idle\ndo: [{set_dnd: on}]\n",
    }
    async with private_bus(tmp_path) as address, stand_in(address) as logind:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        async with phonehub(config=config, rules=rules) as desk:
            logind.locks(on=True)
            assert (await desk.events.type("presence", 1)).presence is Presence.AWAY
            why = desk.hub.presences["alice"].view.why
            assert why == "Away, because this computer is locked"
            await desk.events.type("dnd", 1)
            logind.locks(on=False)
            assert (await desk.events.type("presence", 2)).presence is Presence.IN_OFFICE
            await desk.events.type("dnd", 2)
            logind.idle_since = round((time.time() - 601) * 1e6)
            assert (await desk.events.type("presence", 3)).presence is Presence.BUSY
            await desk.events.type("dnd", 3)
            logind.idle_since = 0
            assert (await desk.events.type("presence", 4)).presence is Presence.IN_OFFICE
            assert [event.on for event in desk.events.all if event.type == "dnd"] == [True, False, True]


@pytest.mark.feature("PRES-07")
async def test_a_server_says_that_it_cannot_see_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with simulated_office() as office:
        path = write_config(tmp_path, office.server, more='[plugins.idle]\nwhen_locked = "away"\n')
        path.write_text(path.read_text("utf-8").replace("[hub]\n", "[hub]\nserver = true\n", 1), "utf-8")
        async with running(path):
            pass
    assert "idle and lock of alice cannot be seen: this hub is a server" in caplog.text


@pytest.mark.feature("PRES-07")
async def test_a_session_that_cannot_be_seen_is_told_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phonehub: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
    async with phonehub(config='[plugins.idle]\nwhen_locked = "away"\n') as desk:
        async with asyncio.timeout(20):
            while "idle and lock of alice cannot be seen: logind does not tell" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert desk.phone.presence is Presence.IN_OFFICE


@pytest.mark.peer
@pytest.mark.feature("PRES-07")
async def test_what_logind_and_gnome_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with private_bus(tmp_path) as address, stand_in(address) as logind:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        screen = Logind(now=lambda: 1000.0)
        await screen.open()
        assert await screen.look() == Sight(locked=False, untouched=0)
        logind.idle_since = 400_000_000
        assert await screen.look() == Sight(locked=False, untouched=600)
        logind.untouched = 1500
        assert await screen.look() == Sight(locked=False, untouched=1.5)
        for member, locked in (("Lock", True), ("Unlock", False)):
            screen.stirred.clear()
            logind.signal(member)
            await asyncio.wait_for(screen.stirred.wait(), 10)
            assert (await screen.look()).locked is locked
        await screen.close()
        with pytest.raises(CannotSee, match="logind does not answer: the connection is closed"):
            await screen.look()


class Libraries:
    """Windows, as far as it is asked."""

    def __init__(self, *, flags: int, last: int, ticks: int) -> None:
        self.info = SessionInfo(1, 0, 1, 0, flags)
        self.last, self.freed = last, 0
        self.user32 = SimpleNamespace(GetLastInputInfo=self.last_input)
        self.kernel32 = SimpleNamespace(GetTickCount=lambda: ticks)
        self.wtsapi32 = SimpleNamespace(WTSQuerySessionInformationW=self.query, WTSFreeMemory=self.free)

    def last_input(self, told: Any) -> int:
        info: LastInput = told._obj
        assert info.cbSize == 8
        info.dwTime = self.last
        return 1

    def query(self, server: None, session: int, kind: int, found: Any, size: Any) -> int:
        assert (server, session, kind) == (None, 0xFFFFFFFF, 25)
        found._obj.value = ctypes.addressof(self.info)
        size._obj.value = ctypes.sizeof(self.info)
        return 1

    def free(self, _found: Any) -> None:
        self.freed += 1


@pytest.mark.feature("PRES-07")
async def test_what_windows_tells() -> None:
    assert SessionInfo.SessionFlags.offset == 16, "as wtsapi32.h lays it out"
    for flags, locked in ((0, True), (1, False), (-1, False)):
        libraries = Libraries(flags=flags, last=1000, ticks=61_000)
        screen = Windows(libraries)
        await screen.open()
        assert await screen.look() == Sight(locked, 60)
        assert libraries.freed == 1
    around = Windows(Libraries(flags=1, last=2**32 - 1000, ticks=500))
    assert (await around.look()).untouched == 1.5
    with pytest.raises(CannotSee, match="no Windows"):
        await Windows().open()


@pytest.mark.feature("PRES-07")
async def test_what_macos_tells(tmp_path: Path) -> None:
    for locked in (True, False):
        user = {"kCGSSessionOnConsoleKey": True, **({"CGSSessionScreenIsLocked": True} if locked else {})}
        ioreg = tmp_path / f"ioreg-{locked}"
        (tmp_path / "IOHIDSystem").write_bytes(plistlib.dumps([{"HIDIdleTime": 60_000_000_000}]))
        (tmp_path / "Root").write_bytes(plistlib.dumps({"IOConsoleUsers": [{"away": 1}, user]}))
        ioreg.write_text(f'#!/bin/sh\n[ "$1" = -r ] && exec cat {tmp_path}/"$3"\nexec cat {tmp_path}/"$2"\n')
        ioreg.chmod(0o700)
        screen = Mac(str(ioreg))
        await screen.open()
        assert await screen.look() == Sight(locked, 60)
    ioreg.write_text("#!/bin/sh\necho nothing\n")
    with pytest.raises(CannotSee, match="tells nothing that can be read"):
        await screen.look()
    with pytest.raises(CannotSee, match="cannot be run: No such file"):
        await Mac(str(tmp_path / "none")).look()
