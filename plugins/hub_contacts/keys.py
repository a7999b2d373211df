"""What a contact's numbers are looked up by, under the dial plan of its user."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import phonenumbers

from hub import directory_key

if TYPE_CHECKING:
    from hub import DialPlan
    from hub_contacts.contact import Contact


def keys_of(contact: Contact, plan: DialPlan) -> tuple[str, ...]:
    """Return the keys of a contact's numbers, each once."""
    return tuple(dict.fromkeys([key for each in contact.numbers if (key := directory_key(plan.number(each.text)))]))


def fingerprint(plan: DialPlan) -> str:
    """Return what changes when a plan (or the world's numbering) gives other keys; it tells nothing of secrets."""
    told = (plan.country, plan.area_code, plan.outside_prefix, plan.extensions, plan.emergency, plan.premium)
    return sha256(repr((*told, phonenumbers.__version__)).encode()).hexdigest()[:16]
