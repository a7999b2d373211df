from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from phonehub_tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

RULE = """\
on: ring
when: {called_before: 2}
do:
  - note: "has called %TALLY% times before"
"""


async def calls(desk: Desk, times: int) -> None:
    for _ in range(times):
        ended = sum(event.type == "end" for event in desk.events.all)
        desk.office.hang_up(desk.office.call("+15855551234"))
        await desk.events.type("end", ended + 1)
        await desk.settled()


async def test_a_rule_knows_a_regular(phonehub: RunHub) -> None:
    async with phonehub(Tally, rules={"10-regular.yaml": RULE}) as desk:
        await calls(desk, 2)
        desk.office.call("+15855551234")
        done = await desk.events.type("action_done")
        await calls(desk, 1)
    assert done.detail == "has called 2 times before"
    assert sum(event.type == "action_done" for event in desk.events.all) == 2


async def test_the_api_tells_the_counts_and_a_restart_keeps_them(phonehub: RunHub) -> None:
    async with phonehub(Tally) as desk:
        await calls(desk, 2)
    async with phonehub(Tally) as desk:
        await calls(desk, 1)
        token = (desk.hub.config.hub.state / "tokens" / "alice").read_text(encoding="utf-8").strip()
        async with httpx.AsyncClient(base_url=desk.hub.server.url, trust_env=False) as client:
            asked = await client.get("/api/plugins/tally/callers", headers={"Authorization": f"Bearer {token}"})
            refused = await client.get("/api/plugins/tally/callers")
    assert asked.json() == {"+15855551234": 3}
    assert refused.status_code == 401
