from __future__ import annotations

from typing import TYPE_CHECKING

from hub import events
from hub.core.call import Outcome
from hub.core.presence import Presence
from hub.rules.parts import Trigger
from hub.rules.queue_waiting import QUEUE_WAITING
from hub.rules.schedule import SCHEDULE

if TYPE_CHECKING:
    from hub.events import Event


def _outcome(event: Event) -> Outcome | None:
    return event.call.outcome if isinstance(event, events.End) else None


TRIGGERS = (
    Trigger(name="ring", event=events.Ring, doc="a call begins to ring: once a call, however many devices ring"),
    Trigger(name="dial", event=events.Dial, doc="the user begins an outbound call"),
    Trigger(name="answer", event=events.Answer, doc="the call is answered: by this user, or by the far end"),
    Trigger(name="hold", event=events.Hold, doc="the user puts the call on hold"),
    Trigger(name="resume", event=events.Resume, doc="the user takes the call back from hold"),
    Trigger(
        name="end",
        event=events.End,
        doc=f"the call is over, in any way or as said: `end: missed`; {', '.join(map(str, Outcome))}",
        value=Outcome,
        matches=lambda outcome, event: _outcome(event) is outcome,
    ),
    Trigger(
        name="missed",
        event=events.End,
        doc="the call is over and was missed",
        accepts=lambda event: _outcome(event) is Outcome.MISSED,
    ),
    Trigger(
        name="contact_found", event=events.ContactFound, doc="a slower lookup found who is calling, after the ring"
    ),
    Trigger(
        name="dnd",
        event=events.DndChanged,
        doc="do-not-disturb is switched, or only `dnd: on`, `dnd: off`",
        value=bool,
        matches=lambda on, event: isinstance(event, events.DndChanged) and event.on == on,
    ),
    Trigger(
        name="presence",
        event=events.PresenceChanged,
        doc=f"where colleagues see the user changes, or only as said: `presence: away`; {', '.join(Presence)}",
        value=Presence,
        matches=lambda presence, event: isinstance(event, events.PresenceChanged) and event.presence is presence,
    ),
    Trigger(name="start-up", event=events.Started, doc="the hub is up for this user"),
    Trigger(name="started", event=events.Started, doc="the same as `start-up`"),
    QUEUE_WAITING,
    SCHEDULE,
)
