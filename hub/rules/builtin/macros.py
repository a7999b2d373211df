from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.numbers import NumberKind
from hub.rules.parts import AS_RECEIVED, Macro

if TYPE_CHECKING:
    from hub.core.numbers import Number
    from hub.rules.parts import Facts


def call_number(facts: Facts) -> str:
    """Return the other party's number, without separators, after the rule's number options."""
    if facts.call is None:
        return ""
    text = _without_separators(facts.call.party.number, facts)
    options = facts.options
    if options is AS_RECEIVED or not text:
        return text
    if options.strip_outside_prefix:
        text = facts.plan.strip_outside_prefix(text)
    if options.strip_country_code:
        text = facts.plan.strip_country_code(text)
    if options.prepend_area_code:
        text = facts.plan.prepend_area_code(text)
    return text


def call_name(facts: Facts) -> str:
    """Return the other party's name: the contact's, else what the phone system told."""
    return facts.call.name if facts.call else ""


def dnis_number(facts: Facts) -> str:
    """Return the number that the caller dialled, without separators."""
    return _without_separators(facts.call.dialled.number, facts) if facts.call else ""


def dnis_name(facts: Facts) -> str:
    """Return the phone system's name for the number that the caller dialled."""
    return facts.call.dialled.name if facts.call else ""


def company(facts: Facts) -> str:
    """Return the company of the matching contact, the best of those that have one."""
    return next((each.company for each in facts.call.contacts if each.company), "") if facts.call else ""


def _without_separators(number: Number, facts: Facts) -> str:
    text = number.text
    if text.isdecimal() and text.isascii():
        return text
    if number.e164 == text or number.kind is NumberKind.WITHHELD:
        return number.e164
    return facts.plan.without_separators(text)


MACROS = (
    Macro(name="CALLNUM", expand=call_number, doc="the other party's number, as the rule's `numbers` have it"),
    Macro(
        name="CALLNAME", expand=call_name, doc="the other party's name: the contact's, else what the phone system told"
    ),
    Macro(name="DNISNUM", expand=dnis_number, doc="the number that the caller dialled; empty where it is unknown"),
    Macro(name="DNISNAME", expand=dnis_name, doc="its name; empty where it is unknown"),
    Macro(name="COMPANY", expand=company, doc="the company of the matching contact; empty without one"),
)
