"""The other side of P2: Home Assistant's automations, each for one called number. Prints microseconds an event.

`template` has the number in a condition, as people write it; `event_data` in the trigger, which is the quickest it has.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from typing import Any

from homeassistant import core, loader
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import ConfigEntries
from homeassistant.const import __version__
from homeassistant.setup import async_setup_component


def number(of: int) -> str:
    return f"+1585555{of:04}"


def automation(way: str, of: int) -> dict[str, Any]:
    trigger: dict[str, Any] = {"platform": "event", "event_type": f"ring_{way}"}
    made: dict[str, Any] = {
        "id": f"{way}{of}",
        "alias": f"{way} {of}",
        "mode": "parallel",
        "max": 1000,
        "trigger": trigger,
        "condition": [],
        "action": [{"event": f"matched_{way}", "event_data": {"rule": of}}],
    }
    if way == "template":
        made["condition"] = [
            {
                "condition": "template",
                "value_template": "{{ trigger.event.data.direction == 'inbound' "
                f"and trigger.event.data.dnis == '{number(of)}' }}}}",
            }
        ]
    else:
        trigger["event_data"] = {"direction": "inbound", "dnis": number(of)}
    return made


async def measure(hass: core.HomeAssistant, way: str, rules: int, events: int) -> float:
    matched: list[int] = []

    @core.callback
    def on_match(event: core.Event) -> None:
        matched.append(event.data["rule"])

    stop = hass.bus.async_listen(f"matched_{way}", on_match)
    wanted = [turn * 7 % rules for turn in range(events)]
    begun = time.perf_counter()
    for each in wanted:
        hass.bus.async_fire(f"ring_{way}", {"direction": "inbound", "dnis": number(each)})
        await hass.async_block_till_done()
    took = time.perf_counter() - begun
    stop()
    assert matched == wanted
    return took / events * 1e6


async def main(rules: int, events: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hass = core.HomeAssistant(folder)
        hass.config.skip_pip = True
        loader.async_setup(hass)
        hass.config_entries = ConfigEntries(hass, {})
        await async_load_base_functionality(hass)
        every = [automation(way, of) for way in ("template", "event_data") for of in range(rules)]
        assert await async_setup_component(hass, "automation", {"automation": every})
        await hass.async_start()
        await hass.async_block_till_done()
        told = {
            way: statistics.median([await measure(hass, way, rules, events) for _ in range(rounds)])
            for way in ("template", "event_data")
        }
        await hass.async_stop(force=True)
    print(json.dumps({"version": __version__, **told}))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
