from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from crm_server import running_crm

from hub import config_file
from hub.config import check
from hub.plugin_host.manager import Manager
from hub_crm import Crm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crm_server import Crm as Server


@pytest.fixture
def crm() -> Iterator[Server]:
    with running_crm() as server:
        yield server


@pytest.fixture
def problems_of(tmp_path: Path) -> Callable[[str], str]:
    """Return what is wrong with a configuration of the plugin, in words."""

    def problems(text: str) -> str:
        config = check(config_file.parse(tmp_path / "phonehub.toml", f"{text}\n[users.alice]\n".encode()))
        manager = Manager(given=(Crm,), installed=False)
        manager.load()
        manager.configure(config, ("alice",))
        (plugin,) = manager.plugins
        return "\n".join(map(str, plugin.problems))

    return problems
