"""The handsets' own lists of past calls, which people scroll through there. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.sim.exchange.journal import LegView

LENGTH = 200
"""Calls that a handset remembers, the newest."""


class CallLists:
    """One list a handset, which has had a call."""

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._of: dict[str, deque[LegView]] = {}

    def add(self, leg: LegView) -> None:
        """Remember a leg that is over, at its handset if it has one."""
        if leg.device:
            self._of.setdefault(leg.device, deque(maxlen=self._length)).appendleft(leg)

    def at(self, device: str) -> tuple[LegView, ...]:
        """Return what a handset shows, the newest first."""
        return tuple(self._of.get(device, ()))

    def clear(self, devices: Iterable[str]) -> None:
        """Empty the lists of these handsets."""
        for device in devices:
            self._of.pop(device, None)
