"""What a user sees of colleagues: the busy lamps beside their names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from hub.core.presence import Presence


class Lamp(StrEnum):
    """What a colleague's busy lamp shows; who is on a call is so whatever else rings."""

    IDLE = "idle"
    RINGING = "ringing"
    ON_CALL = "on_call"
    DND = "dnd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A colleague, by `user` name at the phone system; `since` is when the call there was answered (aware UTC)."""

    user: str
    name: str
    extension: str
    lamp: Lamp
    since: datetime | None = None
    presence: Presence | None = None


class Colleagues:
    """The colleagues as they were told last, by name; None: the phone system tells the user of none."""

    def __init__(self) -> None:
        self._all: dict[str, Colleague] | None = None

    @property
    def all(self) -> Mapping[str, Colleague] | None:
        """Every colleague whom the user may see."""
        return self._all

    def replace(self, now: Iterable[Colleague] | None) -> tuple[tuple[Colleague, ...], tuple[str, ...]]:
        """Take in all that there are; return who is different, and who is gone. Nobody is, where none were known."""
        before, self._all = self._all, None if now is None else {one.user: one for one in now}
        if before is None:
            return (), ()
        after = self._all or {}
        changed = tuple(one for one in after.values() if before.get(one.user) != one)
        return changed, tuple(user for user in before if user not in after)

    def change(
        self, changed: Iterable[Colleague], gone: Iterable[str]
    ) -> tuple[tuple[Colleague, ...], tuple[str, ...]]:
        """Take in what is different; return what of it was not known."""
        known = self._all = self._all or {}
        new = tuple(one for one in changed if known.get(one.user) != one)
        known.update((one.user, one) for one in new)
        return new, tuple(user for user in gone if known.pop(user, None))
