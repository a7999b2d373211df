"""What becomes of a presence when the hub stops, and when it is killed: a real `phonehub run`, a real phone system."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from small_office import HubProcess, office

from hub import Presence, PresenceCause, hookimpl
from hub.phone.commands import SetPresence
from hub.testing.harness import running, simulated_office, write_config

if TYPE_CHECKING:
    from pathlib import Path

    from hub.plugin_host.context import Context
    from hub.testing.harness import SimulatedOffice

DIARY = """\
from datetime import datetime
from pathlib import Path

from hub import Presence, PresenceCause, hookimpl


class Diary:
    @hookimpl
    def start(self, context):
        begun = Path({begun!r})
        if begun.exists():
            context.presence.wish(
                source="diary",
                presence=Presence.AT_A_MEETING,
                cause=PresenceCause.APPOINTMENT,
                since=datetime.fromisoformat(begun.read_text()),
            )
"""
MEETING, OFFICE, AWAY = Presence.AT_A_MEETING, Presence.IN_OFFICE, Presence.AWAY


class Seen:
    """What colleagues saw, in order."""

    def __init__(self, outside: SimulatedOffice) -> None:
        self.all: list[Presence] = []
        self._exchange = outside.server.exchange
        self._more = asyncio.Event()
        reporter = self._exchange._switch.reporter
        tell = reporter.presence

        def told(user: str, at: object, presence: Presence) -> None:
            self.all.append(presence)
            self._more.set()
            tell(user, at, presence)  # type: ignore[arg-type]  # passed on as it came

        reporter.presence = told  # type: ignore[method-assign]  # the phone system's own side of the line

    @property
    def now(self) -> Presence:
        return self._exchange.presence("alice")

    async def until(self, *all_: Presence) -> None:
        async with asyncio.timeout(40):
            while self.all != list(all_):
                self._more.clear()
                await self._more.wait()


@pytest.mark.timeout(120)
@pytest.mark.feature("PRES-03", "PRES-06")
async def test_what_an_appointment_set_goes_back_when_the_hub_stops_or_after_it_was_killed(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside:
        path = write_config(tmp_path, outside.server)
        begun = tmp_path / "begun"
        begun.write_text(outside.server.now().isoformat(), encoding="utf-8")
        (tmp_path / "plugins" / "diary.py").write_text(DIARY.format(begun=str(begun)), encoding="utf-8")
        seen = Seen(outside)
        hub = HubProcess(path)
        try:
            await hub.start()
            await seen.until(MEETING)
            assert await hub.end() == 0
            assert seen.all == [MEETING, OFFICE]

            await hub.start()
            await seen.until(MEETING, OFFICE, MEETING)
            await hub.kill()
            begun.unlink()
            await hub.start()
            await seen.until(MEETING, OFFICE, MEETING, OFFICE)
            assert await hub.end() == 0
            assert seen.all == [MEETING, OFFICE, MEETING, OFFICE]
        finally:
            if hub.process is not None and hub.process.returncode is None:
                await hub.kill()


class Engaged:
    """A plugin that tells of an appointment which began long ago."""

    @hookimpl
    async def start(self, context: Context) -> None:
        since = datetime(2020, 1, 1, tzinfo=UTC)
        context.presence.wish(source="diary", presence=MEETING, cause=PresenceCause.APPOINTMENT, since=since)


@pytest.mark.feature("PRES-03", "PRES-06")
async def test_what_was_set_at_the_handset_while_the_hub_was_away_stays(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside:
        path = write_config(tmp_path, outside.server)
        seen = Seen(outside)
        async with running(path, [Engaged()]):
            await seen.until(MEETING)
        assert seen.all == [MEETING, OFFICE]
        outside.server.exchange.command(outside.server.now(), "alice", SetPresence(AWAY), by_hand=True)
        async with running(path, [Engaged()]) as (hub, _):
            steward = hub.presences["alice"]
            assert steward.view.why == "Away, set by hand although calendar has an appointment"
            await steward.set_by_hand(OFFICE)
        assert seen.all == [MEETING, OFFICE, AWAY, OFFICE]
