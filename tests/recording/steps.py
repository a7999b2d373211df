"""How a test asks a hub: by its API, and on the command line."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
from click.testing import CliRunner

from hub.cli import cli
from hub.web import tokens

if TYPE_CHECKING:
    from talking import Talk

    from hub.testing.harness import Desk


def api(talk: Talk | Desk, user: str = "alice") -> httpx.AsyncClient:
    token = tokens.read(talk.hub.config.hub.state, user)
    return httpx.AsyncClient(
        base_url=f"{talk.hub.server.url}/api", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20
    )


async def run(talk: Talk | Desk, *words: str) -> Any:
    """Run a command of the command line, and return what it says as JSON."""
    arguments = ["--config", str(talk.hub.config.path), *words]
    done = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if "--json" in words else done.stdout
