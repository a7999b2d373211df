from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from hub import events
from hub.demo.page import Page

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def test_who_opens_the_page_late_sees_how_the_phone_stands() -> None:
    page = Page({})
    for state in ("connecting", "connected"):
        page.tell(events.PhoneChanged(seq=1, at=NOW, user="alice", state=state))
    for nth in range(500):
        page.tell(events.DndChanged(seq=nth, at=NOW, user="alice", on=nth % 2 == 0))
    page.close()
    stream = page._stream()
    assert await anext(stream) == ": welcome\n\n"
    async with asyncio.timeout(10):
        first = json.loads((await anext(stream)).removeprefix("data: "))
        second = json.loads((await anext(stream)).removeprefix("data: "))
    await stream.aclose()
    assert (first["type"], first["state"]) == ("phone", "connected")
    assert second["type"] == "dnd"
