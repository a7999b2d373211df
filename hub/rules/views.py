"""What Jinja2 templates see: the event, its call, contact and user, with nothing missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.rules.queue_waiting import QueueWaiting, queue_of

if TYPE_CHECKING:
    from datetime import datetime

    from hub.core.call import Call, Contact, Party
    from hub.core.numbers import Number
    from hub.rules.parts import Facts


@dataclass(frozen=True, slots=True)
class NumberView:
    """A number: alone the text as received, or by `e164`, `national`, `kind`."""

    text: str = ""
    kind: str = "withheld"
    e164: str = ""
    national: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PartyView:
    """Who is at an end: `number` and `name`; alone the number."""

    number: NumberView = NumberView()
    name: str = ""

    def __str__(self) -> str:
        return self.number.text


@dataclass(frozen=True, slots=True)
class CallView:
    """A call; `number` and `name` are the other party's, `dnis` is what the caller dialled, times are local."""

    id: str = ""
    conversation: str = ""
    direction: str = ""
    state: str = ""
    outcome: str = ""
    number: NumberView = NumberView()
    name: str = ""
    dnis: PartyView = PartyView()
    device: str = ""
    line: str = ""
    queue: str = ""
    internal: bool = False
    started: datetime | str = ""
    answered: datetime | str = ""
    ended: datetime | str = ""

    def __str__(self) -> str:
        return self.id

    def __bool__(self) -> bool:
        return bool(self.id)


@dataclass(frozen=True, slots=True)
class ContactView:
    """The matching contact; without one it counts as false and all of it is empty."""

    id: str = ""
    name: str = ""
    company: str = ""
    source: str = ""
    groups: tuple[str, ...] = ()
    favourite: bool = False
    link: str = ""

    def __str__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return bool(self.id)


@dataclass(frozen=True, slots=True)
class UserView:
    """Whose phone it is; alone the name."""

    name: str

    def __str__(self) -> str:
        return self.name


NAMES = {
    "call": "the call; `call.id`, `call.number.e164`, `call.name`, `call.dnis.number`, `call.started`, ...",
    "contact": "the matching contact, with `contact_found` the one that was found: `contact.name`, `contact.company`, "
    "`contact.groups`, `contact.link`, ...",
    "event": "the event's type",
    "now": "when it happened, local time",
    "queue": "the queue that the call came through, or in which callers wait",
    "waiting": "how many callers wait in it, with `queue_waiting`",
    "longest_wait": "for how many seconds the first of them does",
    "user": "whose phone it is: `user.name`",
}
"""What a template may name beside the macros, and what it is."""


def names(facts: Facts) -> dict[str, Any]:
    """Return what a template can name for these facts, all of `NAMES`."""
    call = facts.call
    return {
        "call": _call(call, facts) if call else CallView(),
        "contact": _contact(facts.contact) if facts.contact else ContactView(),
        "event": facts.event.type,
        "now": facts.now,
        "queue": queue_of(facts),
        "waiting": facts.event.waiting if isinstance(facts.event, QueueWaiting) else "",
        "longest_wait": facts.event.longest if isinstance(facts.event, QueueWaiting) else "",
        "user": UserView(facts.event.user),
    }


def _call(call: Call, facts: Facts) -> CallView:
    def local(at: datetime | None) -> datetime | str:
        return at.astimezone(facts.zone) if at else ""

    return CallView(
        id=call.id,
        conversation=call.conversation,
        direction=str(call.direction),
        state=str(call.state),
        outcome=str(call.outcome or ""),
        number=_number(call.party.number),
        name=call.name,
        dnis=_party(call.dialled),
        device=call.device,
        line=call.line,
        queue=call.queue,
        internal=call.internal,
        started=local(call.started),
        answered=local(call.answered),
        ended=local(call.ended),
    )


def _contact(contact: Contact) -> ContactView:
    return ContactView(
        contact.id, contact.name, contact.company, contact.source, contact.groups, contact.favourite, contact.link
    )


def _party(party: Party) -> PartyView:
    return PartyView(_number(party.number), party.name)


def _number(number: Number) -> NumberView:
    return NumberView(number.text, str(number.kind), number.e164, number.national)
