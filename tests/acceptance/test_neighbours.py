"""Plugins that misbehave in every way, a thousand calls, and a well-behaved neighbour that must not notice."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import pytest
from small_office import office

from hub.testing.harness import running, simulated_office, write_config

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 1000
HEAD = "import asyncio, sys, threading, time\nfrom hub import OpenPage, hookimpl\n"
OFFENDERS = {
    "raises": "@hookimpl\ndef on_ring(event):\n    raise ValueError('oops')\n",
    "awaits": "@hookimpl\nasync def on_ring(event):\n    await asyncio.sleep(60)\n",
    "blocks": "@hookimpl\ndef on_ring(event):\n    threading.Event().wait()\n",
    "exits": "@hookimpl\ndef on_ring(event):\n    sys.exit(3)\n",
    "exits_at_import": "sys.exit(3)\n",
    "exits_at_start": "@hookimpl\ndef start(context):\n    sys.exit(3)\n",
    "floods": """\
@hookimpl
async def on_ring(event, context):
    while True:
        context.emit(OpenPage, url='x')
""",
    "holds_up": """\
done = []

@hookimpl
async def on_ring(event):
    if not done:
        done.append(1)
        time.sleep(2)
""",
}
GOOD = """\
class Good:
    def __init__(self):
        self.keys = []

    @hookimpl
    def on_event(self, event, context):
        if hasattr(event, "nth"):
            self.keys.append(event.key)
            if event.type == "end" and sum(":end:" in key for key in self.keys) == {calls}:
                (context.folder / "keys").write_text("\\n".join(self.keys))
"""


@pytest.mark.timeout(180)
@pytest.mark.feature("PLUG-01", "PLUG-02", "PLUG-03")
async def test_a_thousand_calls_among_offenders(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside:
        more = "[hub.dispatcher]\ndeadline = 0.2\nsuspension = 1\n"
        path = write_config(tmp_path, outside.server, more=more)
        for name, body in OFFENDERS.items():
            (tmp_path / "plugins" / f"{name}.py").write_text(HEAD + body, encoding="utf-8")
        (tmp_path / "plugins" / "good.py").write_text(HEAD + GOOD.replace("{calls}", str(CALLS)), encoding="utf-8")
        async with running(path) as (hub, heard):
            for number in range(CALLS):
                caller = outside.call(f"+1585555{number:04}")
                outside.hang_up(caller)
                if number % 50 == 0:  # a whole burst at once would be one read of the socket
                    await heard.type("end", number + 1)
            await heard.type("end", CALLS)
            await hub.settled()
            keys = (hub.config.hub.state / "plugins" / "good" / "keys").read_text().split("\n")
            listed = {plugin["name"]: plugin for plugin in await _listed(path)}
    assert [key.split(":")[1] for key in keys] == ["ring", "end"] * CALLS
    assert len(set(keys)) == 2 * CALLS
    assert [key.split(".")[0] for key in keys[::2]] == [key.split(".")[0] for key in keys[1::2]]
    assert listed["good"]["state"] == "loaded"
    assert (listed["good"]["failures"], listed["good"]["dropped"]) == (0, 0)
    for name in OFFENDERS:
        assert _is_named(listed[name]), listed[name]
    assert listed["exits_at_import"]["state"] == listed["exits_at_start"]["state"] == "failed"
    assert "oops" in listed["raises"]["last_error"]
    assert listed["holds_up"]["held_up"] == 1


def _is_named(plugin: dict[str, object]) -> bool:
    return bool(plugin["failures"] or plugin["held_up"] or plugin["state"] == "failed") and bool(plugin["last_error"])


async def _listed(path: Path) -> list[dict[str, object]]:
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.cli", "--config", str(path), "plugins", "list", "--json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asked.communicate()
    assert asked.returncode == 0
    return json.loads(out)
