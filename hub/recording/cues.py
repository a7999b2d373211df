"""What the events of a call mean for its recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import events
from hub.core.call import CallState, HoldKind, Outcome
from hub.core.recording import Cue, Standing

if TYPE_CHECKING:
    from hub.core.call import Call
    from hub.core.recording import Policy

_ENDS = {Outcome.TRANSFERRED: Cue.TRANSFERRED, Outcome.PARKED: Cue.PARKED}


def cue_of(event: events.CallEvent, standing: Standing, policy: Policy, *, stopped: bool) -> Cue | None:
    """Return what an event is to a recording that stands so; `stopped` says that somebody wanted no more of it.

    An answer that is inferred was some time ago: the call is found, rather than heard from its beginning.
    """
    call = event.call
    wanted = policy.records_all and not stopped and standing is Standing.OFF
    match event:
        case events.End():
            return _ENDS.get(call.outcome or Outcome.ENDED, Cue.ENDED)
        case events.Hold():
            return Cue.HELD_SHARED if call.held is HoldKind.SHARED else Cue.HELD
        case events.Resume() if not wanted:
            return Cue.RETRIEVED
        case events.Answer() if wanted and is_spoken_on(call):
            return Cue.FOUND if event.inferred else Cue.ANSWERED
        case events.Resume() | events.CallChanged() if wanted and is_spoken_on(call):
            return Cue.FOUND
    return None


def is_spoken_on(call: Call) -> bool:
    """Whether there is audio to record."""
    return call.state is CallState.CONNECTED and call.answered is not None
