"""What does not let go, takes for ever or tells of itself must not hold up the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_office import TELLER, HubProcess, listening, office

from hub import PluginChanged, Trigger, hookimpl
from hub.testing.harness import running_desk, simulated_office, write_config

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STUBBORN = """\
import asyncio
from hub import hookimpl

async def go_on():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

@hookimpl
async def start(context):
    context.spawn(go_on(), "stubborn")
"""


@pytest.mark.feature("PLUG-02")
async def test_the_hub_ends_though_a_task_of_a_plugin_does_not(tmp_path: Path) -> None:
    async with simulated_office(office()) as outside, listening() as (port, heard):
        more = f"[plugins.teller]\nport = {port}\n[hub.dispatcher]\nstop = 0.5\n"
        path = write_config(tmp_path, outside.server, more=more)
        (tmp_path / "plugins" / "teller.py").write_text(TELLER, encoding="utf-8")
        (tmp_path / "plugins" / "stubborn.py").write_text(STUBBORN, encoding="utf-8")
        hub = HubProcess(path)
        await hub.start()
        await heard.until(lambda told: any(one["type"] == "phone" for one in told))
        assert await hub.end() == 0


@pytest.mark.feature("RULE-15")
async def test_an_expression_that_takes_for_ever_on_a_name_is_given_up(tmp_path: Path) -> None:
    rules = {
        "10-slow.yaml": "on: ring\nwhen: {macro: {CALLNAME: '^(\\w+\\s?)*$'}}\ndo: [{note: slow}]\n",
        "20-good.yaml": "on: ring\ndo: [{note: good}]\n",
    }
    async with running_desk(tmp_path, rules=rules) as desk:
        desk.office.call("+15855551234", "a" * 60 + "!")
        done = await desk.events.type("action_done")
        await desk.settled()
    assert done.detail == "good"
    assert sum(event.type == "action_done" for event in desk.events.all) == 1


class TellsOfPlugins:
    """Gives rules a word for what happens to plugins, which is nobody's event."""

    name = "tells"

    @hookimpl
    def register_rule_parts(self) -> Iterable[Trigger]:
        return (Trigger(name="plugin_changed", event=PluginChanged, doc="a plugin changed"),)

    @hookimpl
    async def on_ring(self) -> None:
        raise ValueError("oops")


async def test_a_rule_on_what_is_about_the_hub_itself_does_nothing(tmp_path: Path) -> None:
    rules = {"10.yaml": "on: plugin_changed\ndo: [{note: changed}]\n"}
    config = "[hub.dispatcher]\nfailures = 1\n"
    async with running_desk(tmp_path, TellsOfPlugins, rules=rules, config=config) as desk:
        desk.office.call()
        changed = await desk.events.type("plugin_changed")
        await desk.settled()
    assert (changed.plugin, changed.user) == ("tells", "")
    assert not any(event.type == "action_done" for event in desk.events.all)
