from __future__ import annotations

from typing import TYPE_CHECKING

from hub.hookspecs import hookimpl
from hub.phone.adapter import AdapterKind
from hub.sim.adapter import SimAdapter, SimSettings

if TYPE_CHECKING:
    from collections.abc import Iterable


class SimPhone:
    """The built-in plugin that connects to the simulated phone system."""

    @hookimpl
    def register_adapters(self) -> Iterable[AdapterKind]:
        """Return the adapter kind `sim`."""
        return (AdapterKind(name="sim", config=SimSettings, make=SimAdapter),)
