"""Which presence stands when several sources want one (PRES-02 to PRES-04): one pure function of all that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.presence.wishes import PresenceCause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from hub.core.presence import Presence
    from hub.core.presence.wishes import Manual, Wish

_RANK = {cause: len(PresenceCause) - place for place, cause in enumerate(PresenceCause)}


@dataclass(frozen=True, slots=True)
class Choice:
    """A presence, and the `wish` that brings it about; None: the value set by hand."""

    presence: Presence
    wish: Wish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What stands now, and why.

    It stands to before `until`, when `follows` comes, as far as is known; both None where nothing known ends it.
    `overridden` are the wishes that hold and have no effect since a value was set by hand, the strongest first;
    `ignored` tells that this is because that value is on the ignore list.
    """

    now: Choice
    until: datetime | None
    follows: Choice | None
    manual: Manual
    overridden: tuple[Wish, ...]
    ignored: bool


def decide(manual: Manual, wishes: Collection[Wish], ignore: Collection[Presence], now: datetime) -> Decision:
    """Decide what stands at a time, by the last value set by hand and all that sources want, then and later."""
    ignored = manual.presence in ignore
    chosen = _choose(manual, wishes, now, ignored=ignored)
    until, follows = next(
        (
            (at, other)
            for at in _edges(wishes, now)
            if (other := _choose(manual, wishes, at, ignored=ignored)) != chosen
        ),
        (None, None),
    )
    holding = (wish for wish in wishes if wish.holds(now) and (ignored or manual.overrides(wish)))
    return Decision(
        now=chosen,
        until=until,
        follows=follows,
        manual=manual,
        overridden=tuple(sorted(holding, key=_strength, reverse=True)),
        ignored=ignored,
    )


def _choose(manual: Manual, wishes: Collection[Wish], now: datetime, *, ignored: bool) -> Choice:
    able = [wish for wish in wishes if not ignored and wish.holds(now) and not manual.overrides(wish)]
    if not able:
        return Choice(manual.presence)
    strongest = max(able, key=_strength)
    return Choice(strongest.presence, strongest)


def _strength(wish: Wish) -> tuple[int, int, datetime, str]:
    """Order wishes; the source's name comes last, so that the same wishes always give the same answer."""
    return _RANK[wish.cause], wish.weight, wish.since, wish.source


def _edges(wishes: Collection[Wish], now: datetime) -> Iterator[datetime]:
    """Yield the later times at which something begins or ends, in order."""
    times = {at for wish in wishes for at in (wish.since, wish.until) if at is not None and at > now}
    return iter(sorted(times))
