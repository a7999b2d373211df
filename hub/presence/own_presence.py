"""What a plugin gets to work with its user's presence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.presence import Presence
from hub.core.presence.wishes import PresenceCause, Wish

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.clock import Clock
    from hub.presence.steward import Steward


_LONGEST = 500
"""Characters that are kept of who wants something and of what for."""


class OwnPresence:
    """The user's presence, for one plugin; on the loop, and from the plugin's own thread too.

    What a plugin wants is a wish; the hub decides between all of them, and what the user sets by hand (PRES-02).
    """

    def __init__(
        self, plugin: str, steward: Steward, clock: Clock, on_loop: Callable[[Callable[[], None]], None]
    ) -> None:
        self._plugin = plugin
        self._steward = steward
        self._clock = clock
        self._on_loop = on_loop

    @property
    def shown(self) -> Presence | None:
        """What colleagues see; None while the phone system has not told."""
        return self._steward.view.shown

    def wish(  # noqa: PLR0913  it names all that a wish is
        self,
        *,
        source: str,
        presence: Presence,
        cause: PresenceCause = PresenceCause.AVAILABILITY,
        reason: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        teller: str = "",
        private: bool = False,
        weight: int = 0,
    ) -> None:
        """Want a presence from `since` (None: now) to before `until` (None: until released).

        It takes the place of what this source of the plugin wanted. Both are aware times and may lie in the future; the
        hub keeps them. `since` is when the cause began: a change by hand made later stays until the cause ends. `cause`
        gives the rank, `weight` that among wishes of one cause. `teller` and `reason` say who wants it and what for, to
        the user; a `private` one's reason is not kept. Wishes are not remembered over a restart: tell them again in
        `start`. ValueError for naive times, and for too many.
        """
        if any(at is not None and at.tzinfo is None for at in (since, until)):
            raise ValueError("since and until are aware times: give them a time zone")
        wish = Wish(
            source=self._source(source),
            cause=PresenceCause(cause),
            presence=Presence(presence),
            since=since or self._clock.now(),
            until=until,
            teller=teller[:_LONGEST],
            reason=reason[:_LONGEST],
            private=private,
            weight=weight,
        )
        self._on_loop(lambda: self._steward.wish(wish, dated=since is not None))

    def release(self, *, source: str) -> None:
        """Want nothing for this source of the plugin any more; what stood before returns, unless others decide."""
        self._on_loop(lambda: self._steward.release(self._source(source)))

    def log_availability(self, *, before: str, now: str, reason: str = "") -> None:
        """Log that the user's availability in a chat system changed."""
        self._on_loop(lambda: self._steward.log_availability(before, now, self._plugin, reason))

    def _source(self, source: str) -> str:
        return f"{self._plugin}.{source}"
