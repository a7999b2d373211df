"""Screen pops: rules open pages and run commands for the calls that come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import hookimpl
from hub_screenpop.open_contact import OPEN_CONTACT
from hub_screenpop.open_url import OPEN_URL
from hub_screenpop.process import Processes
from hub_screenpop.run import run_action
from hub_screenpop.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from hub import Action

__all__ = ["ScreenPop"]


class ScreenPop:
    """The actions `open_url`, `open_contact` and `run`."""

    def __init__(self) -> None:
        self._processes = Processes()

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.screenpop]` may hold."""
        return Settings

    @hookimpl
    def register_rule_parts(self) -> Iterable[Action]:
        """Return the actions."""
        return (OPEN_URL, OPEN_CONTACT, run_action(self._processes))
