from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from crm_desk import Answer, Crm

from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.harness import Desk

CONFIG = '[journals.crm]\nurl = "{url}"\n\n[users.bob.journals.crm]\nenabled = false\n'


@pytest.mark.feature("HIST-04", "CLI-01")
async def test_how_journals_stand_is_told_and_what_was_refused_is_posted_again(tmp_path: Path) -> None:
    """From a call at the phone system to the CRM, and to what the command line tells of it."""

    async def phonehub(*words: str, user: str = "alice") -> SimpleNamespace:
        command = (sys.executable, "-m", "hub.cli", "--config", str(tmp_path / "phonehub.toml"), "--user", user)
        done = await asyncio.to_thread(
            subprocess.run, [*command, *words], capture_output=True, text=True, timeout=50, check=False,
            env={**os.environ, "COLUMNS": "200"},
        )  # fmt: skip
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)

    with Crm(Answer(422, body=b"no field of that name")) as crm:
        async with running_desk(tmp_path, config=CONFIG.format(url=crm.url), users=("alice", "bob")) as desk:
            await missed(desk)
            first = await asyncio.to_thread(crm.sent.get, timeout=20)
            while not (told := json.loads((await phonehub("history", "journal", "--json")).out))["set_aside"]:
                pass
            (post,) = told["set_aside"]
            assert told["journals"] == [{"name": "crm", "waiting": 0, "posted": 0, "set_aside": 1, "due": None}]
            assert (post["attempts"], post["call"]) == (1, first.body["id"])
            shown = (await phonehub("history", "journal")).out
            assert post["call"] in shown
            assert "HTTP 422 Unprocessable Entity: no field of that name" in shown.replace("Content", "Entity")

            theirs = json.loads((await phonehub("history", "journal", "--json", user="bob")).out)
            assert theirs == {"journals": [], "set_aside": [], "waiting": []}
            assert (await phonehub("history", "post-again", "--all", user="bob")).out == "posting again: 0\n"
            assert (await phonehub("history", "post-again")).code == 2
            assert (await phonehub("history", "post-again", "")).code == 2

            assert (await phonehub("history", "post-again", post["call"])).out == "posting again: 1\n"
            second = await asyncio.to_thread(crm.sent.get, timeout=20)
            assert second.headers["idempotency-key"] == first.headers["idempotency-key"] == post["key"]
            while json.loads((await phonehub("history", "journal", "--json")).out)["journals"][0]["posted"] != 1:
                pass
            exported = tmp_path / "calls.csv"
            assert (await phonehub("history", "export", str(exported))).code == 0
            assert first.body["id"] in exported.read_text(encoding="utf-8-sig")
            assert exported.stat().st_mode & 0o777 == 0o600
            assert "it is there already" in (await phonehub("history", "export", str(exported))).err


async def missed(desk: Desk) -> None:
    """Let somebody call alice, and hang up."""
    caller = desk.office.call()
    await desk.events.type("ring")
    desk.office.hang_up(caller)
    await desk.events.type("end")
