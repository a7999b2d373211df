"""The other side of P1: Home Assistant's event bus with so many listeners. Prints microseconds an event, as JSON."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from homeassistant.const import __version__
from homeassistant.core import Event, HomeAssistant, callback

if TYPE_CHECKING:
    from collections.abc import Callable


async def measure(hass: HomeAssistant, *, listeners: int, events: int, burst: int, is_async: bool) -> float:
    """Return microseconds an event until the last listener has returned, having checked what each of them got."""
    told: list[list[int]] = [[] for _ in range(listeners)]
    kind = "ring"

    def listen(mine: list[int]) -> Callable[[], None]:
        if is_async:

            async def on_ring(event: Event) -> None:
                mine.append(event.data["seq"])
        else:

            @callback
            def on_ring(event: Event) -> None:
                mine.append(event.data["seq"])

        return hass.bus.async_listen(kind, on_ring)

    unlisten = [listen(mine) for mine in told]
    data = [{"seq": seq} for seq in range(events)]
    begun = time.perf_counter()
    for first in range(0, events, burst):
        for event in data[first : first + burst]:
            hass.bus.async_fire(kind, event)
        await hass.async_block_till_done()
    took = time.perf_counter() - begun
    for each in unlisten:
        each()
    assert all(sorted(mine) == list(range(events)) for mine in told)
    return took / events * 1e6


async def main(listeners: int, events: int, burst: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        told = {
            name: statistics.median(
                [
                    await measure(hass, listeners=listeners, events=most, burst=burst, is_async=is_async)
                    for _ in range(rounds)
                ]
            )
            for name, most, is_async in (("callback", events, False), ("async", events // 10, True))
        }
        await hass.async_stop(force=True)
    print(json.dumps({"version": __version__, **told}))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
