"""What a contact's numbers are looked up by, under the dial plan of its user."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import phonenumbers

from hub_contacts.fold import digits

if TYPE_CHECKING:
    from hub import DialPlan, Number
    from hub_contacts.contact import Contact


def key_of(number: Number) -> str:
    """Return `+` and digits of a public number, else the digits of what it is; empty if there are none."""
    return number.e164 or digits(number.national or number.text)


def keys_of(contact: Contact, plan: DialPlan) -> tuple[str, ...]:
    """Return the keys of a contact's numbers, each once."""
    return tuple(dict.fromkeys([key for each in contact.numbers if (key := key_of(plan.number(each.text)))]))


def fingerprint(plan: DialPlan) -> str:
    """Return what changes when a plan (or the world's numbering) gives other keys; it tells nothing of secrets."""
    told = (plan.country, plan.area_code, plan.outside_prefix, plan.extensions, plan.emergency, plan.premium)
    return sha256(repr((*told, phonenumbers.__version__)).encode()).hexdigest()[:16]
