"""A hub at a simulated office whose password is kept in the encrypted file, and its API."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from hub import config, hookimpl, secret_store
from hub.app import Hub
from hub.sim import scenario
from hub.testing.harness import Recorded
from hub.web import tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from hub import Context, Wipe
    from hub.sim.exchange.office import Office

OLD = "winter-forest-1"
NEW = "summer-meadow-2"
OFFICE = f"""\
office:
  name: Test office
  lines: [Line 1]
  access_code: "*62"
  passwords: {{shortest: 10, history: 2}}
users:
  alice:
    name: Alice Agent
    extension: 101
    password: {OLD}
    pin: 2580
    handsets:
      alice-desk: {{name: Desk}}
      alice-cordless: {{name: Cordless}}
  bob:
    name: Bob Builder
    extension: 102
    password: bob-password-1
    must_change: true
    handsets:
      bob-desk: {{name: Desk}}
"""


def office(more: str = "") -> Office:
    return scenario.read((OFFICE + more).encode(), "office.yaml").office


class Voicemail:
    """A plugin that keeps something of the user's, in a file for each."""

    @hookimpl
    def start(self, context: Context) -> None:
        path = context.folder / f"{context.user}.wav"
        path.write_text("beep")

    @hookimpl
    def on_wipe(self, event: Wipe, context: Context) -> None:
        (context.folder / f"{event.user}.wav").unlink(missing_ok=True)


@dataclass
class AccountDesk:
    """A running hub of one user, and what reaches it from outside."""

    hub: Hub
    events: Recorded
    api: httpx.AsyncClient

    async def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = await self.api.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, **body: Any) -> tuple[int, str, str]:
        answer = await self.api.request(method, path, json=body)
        told = answer.json()
        return answer.status_code, told["code"], told["message"]

    async def settled(self) -> None:
        """Return when plugins have worked off what was told so far."""
        await self.hub.settled()

    async def stands(self, state: str) -> dict[str, Any]:
        account: dict[str, Any] = await self.ask("GET", "/account")
        assert account["state"] == state, account
        return account


def keys(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have secrets kept in an encrypted file here, whatever the computer has."""
    (folder / "key").touch(0o600)
    (folder / "key").write_text("the key of a test")
    monkeypatch.setenv(secret_store.KEY_FILE, str(folder / "key"))
    monkeypatch.setenv(secret_store.FILE, str(folder / "secrets.json"))


def configuration(folder: Path, server: str, user: str = "alice", password: str = "") -> Path:
    path = folder / f"{user}.toml"
    path.write_text(
        f'[hub]\nstate = "{user}-state"\n[users.{user}.phone]\nadapter = "sim"\nserver = "{server}"\nuser = "{user}"\n'
        f'password = "{password or f"${{keyring:phonehub/{user}}}"}"\n'
    )
    return path


@asynccontextmanager
async def at_desk(
    path: Path, *plugins: object, user: str = "alice", state: str = "connected"
) -> AsyncIterator[AccountDesk]:
    """Run a hub until the user's phone is in that state, and stop it at the end."""
    hub, events = Hub(config.load(path), plugins=plugins), Recorded()
    hub.subscribe(events.hear)
    await hub.start()
    try:
        await events.state(state)
        token = tokens.read(hub.config.hub.state, user)
        async with httpx.AsyncClient(
            base_url=f"{hub.server.url}/api", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
        ) as api:
            yield AccountDesk(hub, events, api)
    finally:
        await hub.stop()
