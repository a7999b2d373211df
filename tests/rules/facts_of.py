"""Facts for tests: the sample's call, changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hub import events
from hub.core.call import CallState, Direction, Party
from hub.rules.sample import CALL, FACTS

if TYPE_CHECKING:
    from hub.rules.parts import Facts

OUTBOUND = {"direction": Direction.OUTBOUND, "state": CallState.INITIATED}


def ringing(**changes: Any) -> Facts:
    """Return the facts of a call that rings."""
    return about(events.Ring, **{"answered": None, "ended": None, "outcome": None, **changes})


def about(kind: type[events.CallEvent], *, inferred: bool = False, nth: int = 1, **changes: Any) -> Facts:
    """Return the facts of an event of the sample's call; `caller` and `dnis` are numbers as received."""
    if "caller" in changes:
        number = FACTS.plan.number(changes.pop("caller"))
        changes["party"] = Party(number, changes.pop("caller_name", ""))
        changes.setdefault("contacts", ())
    if "dnis" in changes:
        changes["dialled"] = Party(FACTS.plan.number(changes.pop("dnis")), "")
    call = replace(CALL, **changes)
    event = kind(seq=1, at=FACTS.event.at, user=call.user, call=call, inferred=inferred, nth=nth)
    return replace(FACTS, event=event, call=call)
