from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hub import OpenPage, PluginChanged, config, hookimpl
from hub.app import Hub

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Context, Event


@pytest.fixture
def settings(tmp_path: Path) -> config.Config:
    """One user, without a phone."""
    (tmp_path / "phonehub.toml").write_text('[hub]\nstate = "state"\nrules = []\n[users.alice]\n', encoding="utf-8")
    return config.load(tmp_path / "phonehub.toml")


@pytest.mark.feature("PLUG-02")
async def test_what_plugins_do_while_others_start_is_told(settings: config.Config) -> None:
    told: list[Event] = []
    failed = asyncio.Event()

    class Fails:
        @hookimpl
        async def start(self) -> None:
            raise OSError("no")

    class Opens:
        @hookimpl
        async def start(self, context: Context) -> None:
            context.emit(OpenPage, url="https://example.com/")

    class IsSlow:
        @hookimpl
        async def start(self) -> None:
            await failed.wait()

    def listen(event: Event) -> None:
        told.append(event)
        if isinstance(event, PluginChanged):
            failed.set()

    hub = Hub(settings, plugins=(Fails, Opens, IsSlow))
    hub.subscribe(listen)
    await hub.start()
    await hub.stop()
    assert [type(event) for event in told][:2] == [OpenPage, PluginChanged]
    assert [plugin.name for plugin in hub.plugins if plugin.reason] == ["fails"]
