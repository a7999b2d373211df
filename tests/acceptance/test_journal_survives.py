from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from crm_desk import Answer, Crm, Sent
from small_office import TELLER, HubProcess, listening, office

from hub.store.reader import Reader
from hub.store.store import PostState
from hub.testing.harness import simulated_office, write_config

if TYPE_CHECKING:
    from pathlib import Path

MORE = """
[plugins.teller]
port = {port}

[journals.crm]
url = "{url}/calls/%CALLNUM%"
body = {{ key = "%KEY%", outcome = "%OUTCOME%" }}
"""


@pytest.mark.timeout(120)
@pytest.mark.feature("HIST-04", "CALL-21")
async def test_a_hub_that_is_killed_before_the_crm_answers_posts_the_call_again(tmp_path: Path) -> None:
    async def sent() -> Sent:
        return await asyncio.to_thread(crm.sent.get, timeout=60)

    async def until_posted(times: int) -> None:
        reader = Reader(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
        try:
            while len(reader.posts("alice", state=PostState.POSTED)) < times:  # noqa: ASYNC110  of another process
                await asyncio.sleep(0.05)
        finally:
            reader.close()

    with Crm(Answer(hold=True)) as crm:
        async with simulated_office(office()) as outside, listening() as (port, heard):
            path = write_config(tmp_path, outside.server, more=MORE.format(port=port, url=crm.url))
            (tmp_path / "plugins" / "teller.py").write_text(TELLER, encoding="utf-8")
            hub = HubProcess(path)
            try:
                await hub.start()
                await heard.until(lambda told: any(one.get("type") == "phone" for one in told))
                caller = outside.call("+15855550001")
                await heard.until(lambda told: any(one.get("type") == "ring" for one in told))
                outside.hang_up(caller)
                first = await sent()
                await hub.kill()  # while the CRM thinks
                outside.hang_up(outside.call("+15855550002"))
                await hub.start()
                second = {request.path: request for request in (await sent(), await sent())}
                await until_posted(2)
            finally:
                if hub.process is not None and hub.process.returncode is None:
                    assert await hub.end() == 0
    again, other = second["/calls/%2B15855550001"], second["/calls/%2B15855550002"]
    assert again == first, "the same, with the same key"
    assert first.body == {"key": first.headers["idempotency-key"], "outcome": "missed"}
    assert other.headers["idempotency-key"] != first.headers["idempotency-key"]
    assert crm.sent.empty()
