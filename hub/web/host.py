"""What the HTTP API needs of the hub behind it, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from fastapi import APIRouter

    from hub.core.call import Call
    from hub.core.numbers import Number
    from hub.events import Event


class PhoneOf(Protocol):
    """One user's phone, as `hub.phone.phone.Phone` is; its commands raise `PhoneError`."""

    @property
    def calls(self) -> tuple[Call, ...]: ...  # noqa: D102  told by the phone itself, as all that follow
    @property
    def dnd(self) -> bool | None: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def capabilities(self) -> frozenset[str]: ...  # noqa: D102

    async def dial(self, number: str, device: str = "") -> Number: ...  # noqa: D102
    async def answer(self, call: str = "") -> Call: ...  # noqa: D102
    async def hold(self, call: str = "") -> Call: ...  # noqa: D102
    async def resume(self, call: str = "") -> Call: ...  # noqa: D102
    async def end(self, call: str = "") -> Call: ...  # noqa: D102
    async def ignore(self, call: str = "") -> Call: ...  # noqa: D102
    async def set_dnd(self, on: bool) -> None: ...  # noqa: D102, FBT001


class Host(Protocol):
    """The hub: who its users are, and what each of them may see."""

    @property
    def phones(self) -> Mapping[str, PhoneOf]:
        """Every user's phone, by the user's name."""
        ...

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Have every user's events told on the loop, by what must not raise; call what comes back to end it."""
        ...

    async def history(self, user: str, *, limit: int, search: str, before: datetime | None) -> Sequence[object]:
        """Return the user's calls, newest first, with the attributes of `models.PastCall`; before a start, if given."""
        ...

    async def note(self, user: str, call: str, text: str) -> bool:
        """Add a note to one of the user's calls; False if there is none of that id."""
        ...

    async def actions(self, user: str, *, limit: int, call: str) -> Sequence[object]:
        """Return what rules did for the user, or for one call, newest first, as `hub.rules.record.ActionRecord`."""
        ...

    def plugins(self) -> Sequence[object]:
        """Return every plugin that was found, loaded or not, with the attributes of `models.PluginAnswer`."""
        ...

    def rules(self, user: str) -> object:
        """Return the user's rules, with the attributes of `models.RulesAnswer`."""
        ...

    def routers(self) -> Iterable[tuple[str, APIRouter]]:
        """Return the routes that plugins add, by the plugin's name."""
        ...
