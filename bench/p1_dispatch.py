"""P1: one event to 20 listening plugins, until the last hook has returned; beside pluggy's own call and Home Assistant.

Ours are plugins as anybody writes them, loaded by the plugin manager and told by the dispatcher, each with its mailbox,
deadline and suspension. pluggy calls plain functions one after another and contains nothing.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import homeassistant_env
import pluggy

from hub import Call, CallState, Direction, Party, Ring, config_file, hookimpl, hookspecs
from hub.clock import SystemClock
from hub.config import check
from hub.core.directory import Directory
from hub.plugin_host.context import Services
from hub.plugin_host.dispatch import Dispatcher
from hub.plugin_host.manager import Manager

if TYPE_CHECKING:
    from collections.abc import Sequence

PLUGINS = 20
EVENTS = 10_000
BURST = 1000
ROUNDS = 9
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALL = Call(
    id="talk.alice",
    conversation="talk",
    user="alice",
    direction=Direction.INBOUND,
    state=CallState.ALERTING,
    party=Party(),
    started=NOW,
)
RINGS = [Ring(seq=seq, at=NOW, user="alice", call=CALL) for seq in range(EVENTS)]


LISTENER = """
class {name}:
    def __init__(self):
        self.told = []
        self.when = 0.0

    @hookimpl
    {how} on_ring(self, event, context):
        self.told.append(event.seq)
        {more}
"""


def listeners(how: str, more: str = "") -> list[type[Any]]:
    """Return plugins whose hooks are functions of their own each, as those of different plugins are."""
    made: dict[str, Any] = {"hookimpl": hookimpl, "now": time.perf_counter}
    for number in range(PLUGINS):
        exec(LISTENER.format(name=f"Listener{number}", how=how, more=more), made)  # noqa: S102  our own text
    return [made[f"Listener{number}"] for number in range(PLUGINS)]


class Ours:
    """The dispatcher with twenty plugins of one kind."""

    def __init__(self, given: list[type[Any]], folder: Path) -> None:
        manager = Manager(given=given, installed=False)
        manager.load()
        manager.configure(check(config_file.parse(folder / "phonehub.toml", b"[users.alice]")), ("alice",))
        services = Services(
            clock=SystemClock(),
            loop=asyncio.get_running_loop(),
            folder=folder,
            emit=lambda _event: None,
            next_seq=lambda _user: 0,
            phone=lambda _user: None,
            database=lambda _plugin: None,
            directory=lambda _user: Directory(),
            http=lambda: None,  # type: ignore[arg-type,return-value]  # nobody asks
            secret=str,
            loop_thread=threading.get_ident(),
        )
        self.listeners: list[Any] = [plugin.implementation for plugin in manager.loaded]
        assert len(self.listeners) == PLUGINS
        self.dispatcher = Dispatcher(manager.loaded, manager.contexts(services), clock=SystemClock())

    async def measure(self) -> float:
        for listener in self.listeners:
            listener.told.clear()
        emit = self.dispatcher.emit
        begun = time.perf_counter()
        for first in range(0, EVENTS, BURST):
            for event in RINGS[first : first + BURST]:
                emit(event)
            await self.dispatcher.idle()
        took = time.perf_counter() - begun
        verify(self.listeners)
        return took / EVENTS * 1e6

    async def latencies(self, times: int) -> list[float]:
        """Return how long it takes one event to reach the last hook of a hub that does nothing else."""
        took = []
        for event in RINGS[:times]:
            await asyncio.sleep(0.002)
            begun = time.perf_counter()
            self.dispatcher.emit(event)
            await self.dispatcher.idle()
            took.append((max(listener.when for listener in self.listeners) - begun) * 1e6)
        return took


class Pluggy:
    def __init__(self) -> None:
        manager = pluggy.PluginManager("hub")
        manager.add_hookspecs(hookspecs)
        self.listeners = [kind() for kind in listeners("def")]
        for number, listener in enumerate(self.listeners):
            manager.register(listener, str(number))
        self.call = manager.hook.on_ring

    def measure(self) -> float:
        for listener in self.listeners:
            listener.told.clear()
        call = self.call
        begun = time.perf_counter()
        for event in RINGS:
            call(event=event, context=None)
        took = time.perf_counter() - begun
        verify(self.listeners)
        return took / EVENTS * 1e6


async def bare_latencies(times: int) -> list[float]:
    """Return the same for twenty tasks that each wait for a future of their own: as near as asyncio gets."""
    loop = asyncio.get_running_loop()
    when = [0.0] * PLUGINS

    async def hook(number: int) -> None:
        when[number] = time.perf_counter()

    async def wait(number: int, woken: asyncio.Future[None]) -> None:
        await woken
        await hook(number)

    took = []
    for _ in range(times):
        futures = [loop.create_future() for _ in range(PLUGINS)]
        waiting = [asyncio.create_task(wait(number, future)) for number, future in enumerate(futures)]
        await asyncio.sleep(0.002)
        begun = time.perf_counter()
        for future in futures:
            future.set_result(None)
        await asyncio.gather(*waiting)
        took.append((max(when) - begun) * 1e6)
    return took


def verify(told: Sequence[Any]) -> None:
    """Both sides must have told everybody everything, in order, or the figure means nothing."""
    expected = list(range(EVENTS))
    assert all(listener.told == expected for listener in told)


def figure(what: str, ours: float, peer: float | None, peer_name: str, goal: float | None) -> None:
    ratio = peer / ours if peer is not None else None
    row = {
        "id": "P1", "what": what, "ours": ours, "peer": peer, "unit": "us", "peer_name": peer_name, "ratio": ratio,
        "goal": f"at least {goal:g}x" if goal else None, "met": ratio >= goal if goal and ratio else None,
    }  # fmt: skip
    print(json.dumps(row))


async def main() -> None:
    bus = await asyncio.to_thread(homeassistant_env.run, "peer_homeassistant_bus.py", "20", "10000", "1000", "5")
    took: dict[str, list[float]] = {"loop": [], "thread": [], "pluggy": []}
    with tempfile.TemporaryDirectory() as folder:
        theirs = Pluggy()
        on_loop, on_thread = Ours(listeners("async def"), Path(folder)), Ours(listeners("def"), Path(folder))
        timed = Ours(listeners("async def", "self.when = now()"), Path(folder))
        for _ in range(ROUNDS):
            took["loop"].append(await on_loop.measure())
            took["thread"].append(await on_thread.measure())
            took["pluggy"].append(theirs.measure())
        latencies, bare = [], []
        for _ in range(10):
            latencies += await timed.latencies(100)
            bare += await bare_latencies(100)
        for side in (on_loop, on_thread, timed):
            await side.dispatcher.stop()
    ours, threads, call = (statistics.median(took[side]) for side in ("loop", "thread", "pluggy"))
    figure("event to 20 plugins, async def", ours, call, "pluggy's call", 2)
    if "missing" in bus:
        figure("event to 20 plugins, async def", ours, None, f"Home Assistant could not be had: {bus['missing']}", None)
    else:
        name = f"Home Assistant {bus['version']}"
        figure("event to 20 plugins, async def", ours, bus["callback"], f"{name}, @callback", 2)
        figure("event to 20 plugins, async def", ours, bus["async"], f"{name}, async def", None)
    figure("event to 20 plugins, def on threads", threads, call, "pluggy's call", None)
    latency, least = statistics.median(latencies), statistics.median(bare)
    row = {
        "id": "P1", "what": "idle hub to the last of 20 hooks", "ours": latency, "peer": least, "unit": "us",
        "peer_name": "bare asyncio waking 20 tasks", "ratio": least / latency, "goal": "under 100 us",
        "met": latency < 100,
    }  # fmt: skip
    print(json.dumps(row))


if __name__ == "__main__":
    asyncio.run(main())
