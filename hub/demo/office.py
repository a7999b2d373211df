"""The office day of `phonehub demo`: a phone system, a hub and a page, all on this computer, over real sockets."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hub import config
from hub.app import Hub
from hub.demo.customers import CUSTOMERS, Customers
from hub.demo.narrator import Narrator
from hub.demo.page import Page
from hub.demo.rules_folder import rules_folder
from hub.demo.serving import served
from hub.events import ColleaguesChanged, PhoneChanged
from hub.sim import scenario
from hub.sim.player import Player
from hub.sim.samples import OFFICE_DAY, sample_scenario
from hub.sim.server import SimServer
from hub.sim.serving import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rich.console import Console

    from hub.events import Event
    from hub.store.store import Store

_PATIENCE = 5.0
_HURRY = 1.0
"""Seconds that somebody who interrupts the day waits for what is still being done, before the hub stops."""

_CONFIG = """\
[hub]
state = {state}
rules = [{rules}]
vars = {{ crm = "{page}" }}

[dial_plan]
area_code = "585"

[users.alice.phone]
adapter = "sim"
server = "{phone}"
user = "alice"
password = "${{file:{password}}}"

[plugins.screenpop]
where = "{where}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the day goes: `pace` times as fast as life, and no longer than `gap` seconds without anything happening."""

    pace: float = 5.0
    gap: float = 4.0
    leave: bool = False
    browser: bool = False
    rules: Path | None = None


async def play(options: Options, console: Console) -> int:
    """Play the day until it is over (`leave`) or somebody interrupts; return the exit code."""
    with stop_on_signals() as stop:
        return await _play(options, console, stop)


async def _play(options: Options, console: Console, stop: asyncio.Event) -> int:
    async with _office(options, console) as (hub, server, day):
        over = asyncio.create_task(_days(options, console, server, day, stop))
        interrupted = asyncio.create_task(stop.wait())
        await asyncio.wait({over, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        interrupted.cancel()
        patience = None if over.done() else _HURRY
        if over.done():
            over.result()
        else:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await _caught_up(hub, server)
                await hub.settled()
        return await _done(hub.store, console)


async def _days(
    options: Options, console: Console, server: SimServer, day: scenario.Scenario, stop: asyncio.Event
) -> None:
    """Play the day, and again while nobody wants to leave."""
    while not stop.is_set():
        player = Player(server, day, longest_gap=options.gap)
        player.start()
        try:
            await player.finished()
        finally:
            player.stop()
        if options.leave:
            return
        console.print("\nThe day is over. It begins again; Ctrl-C leaves.\n", style="bold")


async def _caught_up(hub: Hub, server: SimServer) -> None:
    """Return when the hub has heard all that happened at the phone system."""
    heard = asyncio.Event()
    end = hub.subscribe(lambda _event: heard.set())
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while hub.phones["alice"].mark != server.exchange.snapshot(server.now(), "alice").mark:
                heard.clear()
                await heard.wait()
    end()


@asynccontextmanager
async def _office(options: Options, console: Console) -> AsyncIterator[tuple[Hub, SimServer, scenario.Scenario]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="phonehub-demo-")))
        day = scenario.load(sample_scenario(OFFICE_DAY))
        server = await stack.enter_async_context(SimServer(day.office, pace=options.pace))
        page = Page(CUSTOMERS)
        url = await stack.enter_async_context(served(page.app, page.close))
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(day.office.users["alice"].password, encoding="utf-8")
        rules = rules_folder(options.rules)
        written = folder / "phonehub.toml"
        written.write_text(
            _CONFIG.format(
                state=_toml(folder / "state"),
                rules=_toml(rules),
                page=url,
                phone=server.url,
                password=password,
                where="browser" if options.browser else "console",
            ),
            encoding="utf-8",
        )
        hub = Hub(config.load(written), plugins=(Customers,))
        narrator = Narrator(console)
        hub.subscribe(narrator.tell)
        hub.subscribe(page.tell)
        hub.subscribe(partial(_tell_colleagues, hub, page))
        _welcome(console, server, url, rules)
        await hub.start()
        stack.push_async_callback(hub.stop)
        yield hub, server, day


def _tell_colleagues(hub: Hub, page: Page, event: Event) -> None:
    """Show all colleagues as soon as they are known; later, those who do something else are told."""
    if isinstance(event, PhoneChanged) and event.state == "connected":
        everybody = tuple(one for one, _ in hub.phones[event.user].colleagues())
        page.tell(ColleaguesChanged(seq=event.seq, at=event.at, user=event.user, changed=everybody))


def _welcome(console: Console, server: SimServer, url: str, rules: Path) -> None:
    console.print("A day at Alice's desk", style="bold")
    for name, value in (("phone system", server.url), ("watch it live", url), ("rules to edit", str(rules))):
        console.print(f"  {name:14}{value}", soft_wrap=True, highlight=False)
    console.print()


async def _done(store: Store, console: Console) -> int:
    calls = await store.calls("alice", limit=1_000_000)
    actions = await store.actions("alice", limit=1_000_000)
    statuses = [action.status for action in actions]
    failed = sum(status in {"failed", "timeout"} for status in statuses)
    refused = f", {statuses.count('refused')} refused as unsafe" if "refused" in statuses else ""
    console.print(f"done: {len(calls)} calls, {len(actions)} actions, {failed} failed{refused}", highlight=False)
    return int(failed > 0)


def _toml(path: Path) -> str:
    """Write a path as a TOML string."""
    import json

    return json.dumps(str(path))
