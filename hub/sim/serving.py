"""The simulated phone system as a program: serves, plays the day, and ends in order when it is told to."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, TextIO

from hub.errors import UserError
from hub.printable import printable
from hub.sim.admin import Administrator
from hub.sim.announce import announcing
from hub.sim.player import Player
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub.sim.day import Progress
    from hub.sim.scenario import Scenario


async def serve(  # noqa: PLR0913  the command's options, each by its name
    scenario: Scenario,
    path: Path,
    *,
    host: str,
    port: int,
    pace: float,
    longest_gap: float | None,
    say: Callable[[str], None],
    tell: Callable[[Progress], None],
    announce: bool = False,
    admin: TextIO | None = None,
) -> None:
    """Serve a scenario until SIGINT or SIGTERM; raises `UserError` if the address cannot be had.

    To `announce` is to tell the local network of it; the administrator types at `admin`.
    """
    server = SimServer(scenario.office, host=host, port=port, pace=pace)
    around = AsyncExitStack()
    with stop_on_signals() as stop:
        try:
            await server.start()
        except OSError as error:
            remedy = "choose another --port, or 0 for any free one" if port else "choose another --host"
            raise UserError.of(f"cannot listen at {host}:{port}: {error.strerror or error}", remedy) from None
        try:
            if announce:
                name = await around.enter_async_context(announcing(server))
                say(f"announced on the local network as {printable(name)}")
            _introduce(server, scenario, path, say)
            if admin is not None:
                Administrator(server, say).listen(asyncio.get_running_loop(), admin)
            player = Player(server, scenario, tell=tell, longest_gap=longest_gap)
            player.start()
            day = asyncio.create_task(_tell_the_end(player, say))
            await stop.wait()
            day.cancel()
            player.stop()
        finally:
            await around.aclose()
            await server.stop()
    say("the phone system has stopped")


def _introduce(server: SimServer, scenario: Scenario, path: Path, say: Callable[[str], None]) -> None:
    say(f"{scenario.office.name}: listening at {server.url}")
    if not _is_loopback(server.host):
        say("note: this address can be reached from elsewhere, and nothing on the way is encrypted")
    for user in scenario.office.users.values():
        handsets = ", ".join(handset.id for handset in user.handsets) or "no handset"
        say(f"  {user.name} ({user.extension}): {handsets}")
    say(f"passwords stand in {path}; stop with Ctrl-C")


async def _tell_the_end(player: Player, say: Callable[[str], None]) -> None:
    report = await player.finished()
    if report.calls:
        say(f"the day is over after {report.calls} calls; the office stays open")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGINT and SIGTERM set, wherever the platform lets the loop hear of them."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    heard = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: there Ctrl-C cancels what runs
            continue
        heard.append(number)
    try:
        yield stop
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
