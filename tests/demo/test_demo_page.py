from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

from hub import events
from hub.core.colleagues import Colleague, Lamp
from hub.core.presence import Presence
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
    assert second["type"] == "colleagues"


async def test_who_opens_the_page_late_sees_what_colleagues_are_doing() -> None:
    page = Page({})
    bob = Colleague(user="bob", name="Bob Builder", extension="102", lamp=Lamp.RINGING)
    carol = Colleague(user="carol", name="Carol Clerk", extension="103", lamp=Lamp.IDLE, presence=Presence.AT_HOME)
    for changed in ((bob, carol), (replace(bob, lamp=Lamp.ON_CALL),)):
        page.tell(events.ColleaguesChanged(seq=1, at=NOW, user="alice", changed=changed))
    page.close()
    stream = page._stream()
    await anext(stream)
    async with asyncio.timeout(10):
        told = json.loads((await anext(stream)).removeprefix("data: "))
    await stream.aclose()
    assert [(one["user"], one["lamp"], one["presence"]) for one in told["changed"]] == [
        ("bob", "on_call", None), ("carol", "idle", "at_home"),
    ]  # fmt: skip
