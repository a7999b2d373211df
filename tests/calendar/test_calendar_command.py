"""`phonehub calendar` at a hub that runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from ics import calendar
from test_calendar_agenda import config, soon, until_read, until_shown

from hub import Presence
from hub.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hub.testing.harness import Desk


async def said(desk: Desk, *words: str, status: int = 0) -> str:
    path = str(desk.hub.config.path)
    ran = await asyncio.to_thread(CliRunner().invoke, cli, ["--config", path, "--user", "alice", "calendar", *words])
    assert ran.exit_code == status, ran.output
    return ran.output


@pytest.mark.feature("CAL-03")
async def test_appointments_are_listed_and_given_a_presence(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    several = (soon(3600, 7200, uid="b", title="Budget 2"), soon(3600, 7200, "CLASS:PRIVATE", uid="c", title="Doctor"))
    path.write_bytes(calendar(soon(-600, 600, uid="a"), *several, "nonsense"))
    async with phonehub(config=config(path)) as desk:
        await until_read(desk)
        listed = await said(desk, "list", "--ids")
        assert "Budget 2" in listed
        assert "(private)" in listed
        assert "Doctor" not in listed
        assert "Budget 2" not in await said(desk, "now")
        assert "2 appointments have that in their title" in await said(desk, "presence", "budget", "busy", status=1)
        assert "no appointment of the next 60 days is that" in await said(desk, "presence", "x", "busy", status=1)
        found = await said(desk, "list", "--json")
        assert '"series": "a"' in found
        assert await said(desk, "presence", "Budget 2", "busy") == "Budget 2: busy\n"
        assert "busy, chosen" in await said(desk, "list")
        assert await said(desk, "presence", "Budget 2", "usual") == "Budget 2: at a meeting\n"
        await until_shown(desk, Presence.AT_A_MEETING)


async def test_sources_are_told_with_what_is_wrong_in_them(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600, "RRULE:FREQ=NEVER")))
    async with phonehub(config=config(path)) as desk:
        await until_read(desk)
        told = await said(desk, "sources")
        assert "work" in told
        assert "left out: its RRULE cannot be read (Expected frequency, got: NEVER)" in told
        assert "ready" in await said(desk, "refresh", "work")
        assert "there is no source other" in await said(desk, "refresh", "other", status=1)
