from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub import Contact


class Cache:
    """Who was found by which lookup, for a short while: a call that rings again is not asked for again."""

    def __init__(self, monotonic: Callable[[], float], most: int = 500) -> None:
        self._monotonic = monotonic
        self._most = most
        self._kept: OrderedDict[tuple[str, str], tuple[float, tuple[Contact, ...]]] = OrderedDict()

    def get(self, lookup: str, number: str) -> tuple[Contact, ...] | None:
        """Return who was found, or None where that is not known any more."""
        until, found = self._kept.get((lookup, number), (0.0, ()))
        return found if self._monotonic() < until else None

    def put(self, lookup: str, number: str, found: tuple[Contact, ...], seconds: float) -> None:
        """Remember for so long who was found, nobody perhaps; the oldest goes where there are too many."""
        self._kept.pop((lookup, number), None)
        if seconds:
            self._kept[lookup, number] = (self._monotonic() + seconds, found)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
