"""What rules can say about appointments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub import Condition, Macro, Trigger
from hub_calendar.appointment import ShowAs
from hub_calendar.told import AppointmentEnded, AppointmentEvent, AppointmentStarted

if TYPE_CHECKING:
    from hub import Event, Facts


def _is(show_as: Any, event: Event) -> bool:
    return isinstance(event, AppointmentEvent) and event.show_as == show_as


def _show_as(facts: Facts) -> str:
    return facts.event.show_as if isinstance(facts.event, AppointmentEvent) else ""


def _title(facts: Facts) -> str:
    return facts.event.title if isinstance(facts.event, AppointmentEvent) else ""


_WORDS = ", ".join(ShowAs)
PARTS: tuple[Trigger | Condition | Macro, ...] = (
    Trigger(
        name="appointment_start",
        event=AppointmentStarted,
        doc=f"an appointment begins, or only one that shows its owner as said: `appointment_start: busy`; {_WORDS}",
        value=ShowAs,
        matches=_is,
    ),
    Trigger(
        name="appointment_end",
        event=AppointmentEnded,
        doc="an appointment ends, or is deleted while it is on; as `appointment_start`",
        value=ShowAs,
        matches=_is,
    ),
    Condition(
        name="show_as",
        value=ShowAs,
        test=lambda value, facts: _show_as(facts) == value,
        doc=f"how the appointment that begins or ends shows its owner: {_WORDS}",
        seen=_show_as,
    ),
    Macro(name="APPOINTMENT", expand=_title, doc="the title of the appointment; blank for a private one"),
)
