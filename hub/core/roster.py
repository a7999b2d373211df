"""What the phone system tells whole once, and of which it then tells what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")


class Roster(Generic[T]):
    """Things as they were told last, by their `key`; None: the phone system tells the user of none."""

    def __init__(self, key: Callable[[T], str]) -> None:
        self._key = key
        self._all: dict[str, T] | None = None

    @property
    def all(self) -> Mapping[str, T] | None:
        """Everything there is."""
        return self._all

    def replace(self, now: Iterable[T] | None) -> tuple[tuple[T, ...], tuple[str, ...]]:
        """Take in all that there is; return what is different, and what is gone. Nothing is, where none was known."""
        before, self._all = self._all, None if now is None else {self._key(one): one for one in now}
        if before is None:
            return (), ()
        after = self._all or {}
        changed = tuple(one for key, one in after.items() if before.get(key) != one)
        return changed, tuple(key for key in before if key not in after)

    def change(self, changed: Iterable[T], gone: Iterable[str]) -> tuple[tuple[T, ...], tuple[str, ...]]:
        """Take in what is different; return what of it was not known."""
        known = self._all = self._all or {}
        new = {self._key(one): one for one in changed if known.get(self._key(one)) != one}
        known.update(new)
        return tuple(new.values()), tuple(key for key in gone if known.pop(key, None))
