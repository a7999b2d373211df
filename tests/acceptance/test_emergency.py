"""Whatever plugins do, an emergency number goes out: a real hub at a real phone system.

Each plugin stays blocked until the test has seen the emergency call at the phone system: one that held the hub up would
hold the test up for ever.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from hub import Contact, Context, Event, Number, hookimpl
from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CALLER = "+15855551234"
ADA = Contact(id="1", name="Ada Lovelace", company="Engines")


class Blocking:
    """Blocked from when it is `met` until it is `released`."""

    def __init__(self) -> None:
        self.met = threading.Event()
        self.released = threading.Event()

    def block(self) -> None:
        self.met.set()
        self.released.wait()


class LooksLong(Blocking):
    """Takes long to find out who calls."""

    @hookimpl
    def find_contact(self, number: Number) -> Sequence[Contact]:
        self.block()
        return [ADA] if number.e164 == CALLER else []


class LooksLongInATask(Blocking):
    """Waits long for others that know who calls."""

    @hookimpl
    async def find_contact(self, number: Number) -> Sequence[Contact]:
        await asyncio.to_thread(self.block)
        return [ADA] if number.e164 == CALLER else []


class BlocksItsThread(Blocking):
    """Does not come back from an event on its thread."""

    @hookimpl
    def on_event(self, event: Event) -> None:
        if event.type in {"ring", "dial"}:
            self.block()


class Hangs(Blocking):
    """Does not come back from an event on the loop, where others go on."""

    @hookimpl
    async def on_event(self, event: Event) -> None:
        if event.type in {"ring", "dial"}:
            await asyncio.to_thread(self.block)


class WaitsOnItsThread(Blocking):
    """Blocks in a task of its own that it waits for on its thread."""

    @hookimpl
    def on_ring(self, context: Context) -> None:
        context.call(asyncio.to_thread(self.block))


@pytest.mark.feature("CALL-22")
@pytest.mark.parametrize("kind", [LooksLong, LooksLongInATask, BlocksItsThread, Hangs, WaitsOnItsThread])
async def test_no_plugin_delays_an_emergency_call(tmp_path: Path, kind: type[Blocking]) -> None:
    plugin = kind()
    async with running_desk(tmp_path, plugin) as desk:
        exchange = desk.office.server.exchange
        try:
            desk.office.call(CALLER)
            await desk.events.type("ring")
            assert await asyncio.to_thread(plugin.met.wait, 30), "the plugin is at work, for another call"
            await desk.phone.dial("911", may_end=True)
            (leg,) = (leg for leg in exchange.legs() if leg.user and leg.party.number == "911")
            assert leg.device == "alice-desk"
            assert not plugin.released.is_set()
        finally:
            plugin.released.set()


@pytest.mark.feature("CALL-22", "CON-05")
async def test_what_is_found_late_is_told_and_kept(tmp_path: Path) -> None:
    plugin = LooksLong()
    async with running_desk(tmp_path, plugin) as desk:
        caller = desk.office.call(CALLER, "A Caller")
        ring = await desk.events.type("ring")
        assert ring.call.name == "A Caller"  # type: ignore[attr-defined]
        plugin.released.set()
        found = await desk.events.type("contact_found")
        assert (found.call.name, found.call.contact) == ("Ada Lovelace", ADA)  # type: ignore[attr-defined]
        desk.office.hang_up(caller)
        end = await desk.events.type("end")
        assert end.call.contact == ADA  # type: ignore[attr-defined]
        await desk.settled()
        (entry,) = await desk.hub.store.calls("alice")
        assert entry.name == "Ada Lovelace"


async def test_what_is_found_after_the_call_is_left(tmp_path: Path) -> None:
    plugin = LooksLong()
    async with running_desk(tmp_path, plugin) as desk:
        caller = desk.office.call(CALLER, "A Caller")
        await desk.events.type("ring")
        desk.office.hang_up(caller)
        await desk.events.type("end")
        plugin.released.set()
        again = desk.office.call("+15855550000")
        await desk.events.type("ring", 2)
        desk.office.hang_up(again)
        await desk.events.type("end", 2)
        assert "contact_found" not in {event.type for event in desk.events.all}
        assert desk.phone.calls == ()
