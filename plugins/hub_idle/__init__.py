"""Idle and lock: what the computer that the user sits at says of the user's presence (PRES-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import Trigger, hookimpl
from hub_idle.settings import Settings
from hub_idle.sight import State
from hub_idle.watch import SessionChanged, Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from hub import Context, Event

__all__ = ["Idle"]


def _becomes(event: Event, state: State) -> bool:
    return isinstance(event, SessionChanged) and event.state is state


def _unlocks(event: Event) -> bool:
    return isinstance(event, SessionChanged) and event.before is State.LOCKED


TRIGGERS = (
    Trigger(
        name="idle",
        event=SessionChanged,
        doc="nobody has touched the user's computer for a while",
        accepts=lambda event: _becomes(event, State.IDLE),
    ),
    Trigger(
        name="lock",
        event=SessionChanged,
        doc="the screen of the user's computer is locked",
        accepts=lambda event: _becomes(event, State.LOCKED),
    ),
    Trigger(
        name="unlock",
        event=SessionChanged,
        doc="the screen of the user's computer is unlocked",
        accepts=_unlocks,
    ),
)


class Idle:
    """Watches the session that the hub runs in."""

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.idle]` may hold."""
        return Settings

    @hookimpl
    def register_rule_parts(self) -> Iterable[Trigger]:
        """Return the triggers."""
        return TRIGGERS

    @hookimpl
    async def start(self, context: Context) -> None:
        """Begin to watch for a user who wants that."""
        if not context.user or not context.config.looks:
            return
        if context.serves_others:
            context.log.warning(
                "idle and lock of %s cannot be seen: this hub is a server (`[hub] server`); run one where they sit",
                context.user,
            )
            return
        context.spawn(Watch(context).run(), "watch the session")
