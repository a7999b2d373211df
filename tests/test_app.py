from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from hub import AdapterKind, OpenPage, PluginChanged, UserError, config, hookimpl
from hub.app import Hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hub import Adapter, Context, Event, Session


class NoSettings(BaseModel):
    """An adapter without settings."""


class Brings:
    """A plugin with a phone adapter called `odd`."""

    def __init__(self, make: Callable[..., Adapter]) -> None:
        self._make = make

    @hookimpl
    def register_adapters(self) -> Iterable[AdapterKind]:
        return (AdapterKind("odd", NoSettings, self._make),)


@pytest.fixture
def settings(tmp_path: Path) -> config.Config:
    """One user, without a phone."""
    (tmp_path / "phonehub.toml").write_text('[hub]\nstate = "state"\nrules = []\n[users.alice]\n', encoding="utf-8")
    return config.load(tmp_path / "phonehub.toml")


@pytest.fixture
def odd(tmp_path: Path) -> config.Config:
    """One user, whose phone has the adapter `odd`."""
    text = '[hub]\nstate = "state"\nrules = []\n[users.alice.phone]\nadapter = "odd"\n'
    (tmp_path / "phonehub.toml").write_text(text, encoding="utf-8")
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


@pytest.mark.feature("PLUG-02", "ACC-06")
@pytest.mark.parametrize("error", [KeyError("host"), SystemExit(3)])
async def test_an_adapter_that_cannot_be_made_is_named(odd: config.Config, error: BaseException) -> None:
    def make(*_: Any) -> Adapter:
        raise error

    hub = Hub(odd, plugins=(Brings(make),))
    with pytest.raises(UserError, match='phone adapter "odd" cannot be made'):
        await hub.start()


@pytest.mark.feature("PLUG-02", "ACC-06")
async def test_an_adapter_that_does_not_let_go_keeps_nobody_from_stopping(
    odd: config.Config, caplog: pytest.LogCaptureFixture
) -> None:
    let_go = asyncio.Event()

    class Clings:
        async def open(self, _mark: str) -> Session:
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue
            raise OSError("at last")

    hub = Hub(odd, plugins=(Brings(lambda *_: Clings()),), leave_within=0.01)
    await hub.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await hub.stop()
    assert "phone of alice did not end in 0.01 s" in caplog.text
    let_go.set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait({task})
