from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from hub.rules.builtin.values import NumberPattern, TextPattern, number_keys
from hub.rules.many import Many
from hub.rules.parts import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.rules.parts import Facts


class Caller(BaseModel):
    """What is asked of the other party: every key that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: bool | None = Field(default=None, description="whether a contact has the number")
    number: Many[NumberPattern] = Field(default=(), description="the number, `*` for any characters")
    name: Many[TextPattern] = Field(default=(), description="the name shown, `*` for any characters")
    company: Many[TextPattern] = Field(default=(), description="the company of one of the contacts")
    group: Many[TextPattern] = Field(default=(), description="a group that one of the contacts is in")


def _holds(caller: Caller, facts: Facts) -> bool:
    call = facts.call
    if call is None or (caller.known is not None and caller.known != bool(call.contacts)):
        return False
    if caller.number:
        keys = number_keys(call.party.number)
        if not any(pattern.is_among(keys) for pattern in caller.number):
            return False
    companies = [contact.company for contact in call.contacts if contact.company]
    groups = [group for contact in call.contacts for group in contact.groups]
    return _any(caller.name, (call.name,)) and _any(caller.company, companies) and _any(caller.group, groups)


def _any(patterns: tuple[TextPattern, ...], texts: Iterable[str]) -> bool:
    return not patterns or any(pattern.matches(text) for text in texts for pattern in patterns)


def _keys(caller: Caller) -> Iterable[str] | None:
    exact = [pattern.exact for pattern in caller.number]
    return exact if exact and all(exact) and caller.model_fields_set == {"number"} else None


def party_keys(facts: Facts) -> tuple[str, ...]:
    """Return the ways in which a rule may write the other party's number."""
    return number_keys(facts.call.party.number) if facts.call else ()


def _seen(facts: Facts) -> str:
    if facts.call is None:
        return ""
    known = "known" if facts.call.contacts else "unknown"
    return f"{known}, {facts.call.party.number.text or 'no number'}, {facts.call.name or 'no name'}"


CALLER = Condition(
    name="caller",
    value=Caller,
    test=_holds,
    doc="the other party: `known`, `number`, `name`, and of any of the contacts `company` and `group`; all given hold",
    seen=_seen,
    field=party_keys,
    keys=_keys,
)
