from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.core.numbers import NumberKind
from hub.core.presence import Presence
from hub.core.presence.wishes import PresenceCause
from hub.rules.parts import Action, ActionRefused, Done
from hub.rules.template import TextTemplate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hub.rules.parts import Facts, Job

_RULES = "rules"
_ORDINARY = (NumberKind.EXTERNAL, NumberKind.EXTENSION)


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Note(_Value):
    """What `note:` takes."""

    text: TextTemplate = Field(description="the note")


class SetDnd(_Value):
    """What `set_dnd:` takes."""

    on: bool = Field(description="on or off")


class SetPresence(_Value):
    """What `set_presence:` takes."""

    presence: Presence | Literal["as_before"] = Field(
        description=f"{', '.join(Presence)}, or `as_before`: what stood before any rule set it"
    )
    minutes: float | None = Field(
        default=None,
        gt=0,
        le=60 * 24 * 366,
        description="for so long; without, until a rule or the user says otherwise",
    )


class Dial(_Value):
    """What `dial:` takes."""

    number: TextTemplate = Field(description="the number")
    device: str = Field(default="", description="the device to call from; the user's default without")


def actions(note: Callable[[str, str, str], Awaitable[None]]) -> tuple[Action, ...]:
    """Return the hub's own actions; `note(user, call id, text)` keeps a note with a call in the history."""

    async def take_note(value: Note, job: Job) -> Done:
        if job.facts.call is None:
            raise ActionRefused("a note belongs to a call, and this event has none")
        text = job.expand(value.text)
        await note(job.facts.event.user, job.facts.call.id, text)
        return Done(text)

    return (
        Action(
            name="note",
            value=Note,
            run=take_note,
            doc="write a note to the call in the history",
            short="text",
            tell=lambda value, facts: value.text.expand(facts),
        ),
        Action(
            name="set_dnd",
            value=SetDnd,
            run=_set_dnd,
            doc="switch do-not-disturb of the user's handsets `on` or `off`",
            short="on",
            tell=lambda value, _facts: _on_or_off(value),
        ),
        Action(
            name="set_presence",
            value=SetPresence,
            run=_set_presence,
            doc="set where colleagues see the user, over calendar and computer; what the user sets by hand later wins",
            short="presence",
            tell=lambda value, _facts: _told_presence(value),
        ),
        Action(
            name="dial",
            value=Dial,
            run=_dial,
            doc="call a number from the user's phone",
            short="number",
            tell=_told_number,
        ),
    )


async def _set_dnd(value: SetDnd, job: Job) -> Done:
    await job.context.phone.set_dnd(value.on, source="rule", reason=job.rule)
    return Done(_on_or_off(value))


def _on_or_off(value: SetDnd) -> str:
    return "on" if value.on else "off"


async def _set_presence(value: SetPresence, job: Job) -> Done:
    """All rules want it as one source, so that the last word counts."""
    presence = job.context.presence
    if value.presence == "as_before":
        presence.release(source=_RULES)
        return Done(_told_presence(value))
    now = job.context.clock.now()
    presence.wish(
        source=_RULES,
        presence=value.presence,
        cause=PresenceCause.RULE,
        reason=job.rule,
        since=now,
        until=now + timedelta(minutes=value.minutes) if value.minutes else None,
    )
    return Done(_told_presence(value))


def _told_presence(value: SetPresence) -> str:
    return f"{value.presence} for {value.minutes:g} min" if value.minutes else value.presence


async def _dial(value: Dial, job: Job) -> Done:
    """Dial; a number that the caller sent must be an ordinary one: it is no way to premium or service numbers."""
    number = _told_number(value, job.facts)
    await job.context.phone.dial(number, value.device)
    return Done(number)


def _told_number(value: Dial, facts: Facts) -> str:
    number = value.number.expand(facts)
    if not number:
        raise ActionRefused("there is no number to dial")
    if value.number.has_macros and facts.plan.number(number).kind not in _ORDINARY:
        raise ActionRefused(f"{number!r} is not an ordinary number, and comes from the caller")
    return number
