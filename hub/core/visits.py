"""How often a user was in a conversation, told apart by the legs of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.signals import EndedLeg
from hub.core.transitions import ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.core.call import Leg, LegState


@dataclass(frozen=True, slots=True)
class Visit:
    """Legs of one user in one conversation that are one call: the `first`, those that live, those that `ended`."""

    first: Leg
    live: tuple[LegState, ...]
    ended: tuple[EndedLeg, ...]


def visits(legs: Sequence[LegState | EndedLeg]) -> list[Visit]:
    """Tell the visits of a user to a conversation apart, oldest first; legs come in the order in which they ended.

    Legs that are up at the same time, or follow each other at once as where a call hunts, are one visit; not so what
    comes after the user has left, or at once after they have parked the call or sent it on.
    """
    found: list[list[LegState | EndedLeg]] = []
    for leg in sorted(legs, key=lambda one: one.leg.started):
        if found and not _is_over(found[-1], leg):
            found[-1].append(leg)
        else:
            found.append([leg])
    return [Visit(visit[0].leg, *_in_order(legs, visit)) for visit in found]


def _is_over(visit: list[LegState | EndedLeg], then: LegState | EndedLeg) -> bool:
    """Whether the user has left before another leg came up."""
    ended = [leg for leg in visit if isinstance(leg, EndedLeg)]
    if len(ended) < len(visit):
        return False
    last = max(leg.ended for leg in ended)
    sent_on = any(len(ending(leg.cause)) > 1 for leg in ended if leg.ended == last)
    return then.leg.started > last or (sent_on and then.leg.started == last)


def _in_order(
    legs: Sequence[LegState | EndedLeg], visit: list[LegState | EndedLeg]
) -> tuple[tuple[LegState, ...], tuple[EndedLeg, ...]]:
    ended = [leg for leg in legs if isinstance(leg, EndedLeg) and leg in visit]
    live = tuple(leg for leg in legs if not isinstance(leg, EndedLeg) and leg in visit)
    return live, tuple(sorted(ended, key=lambda leg: leg.ended))
