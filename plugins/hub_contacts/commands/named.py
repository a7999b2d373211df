"""Finds the contact that is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub.commands import UserError, printable

if TYPE_CHECKING:
    from hub.commands import Client

PATH = "/plugins/contacts"
_ID = re.compile("[0-9a-f]{16}")
_SHOWN = 5


def path_of(client: Client, contact: str) -> str:
    """Return the API's path of the contact of an id, or of the only one that has a text; raises `UserError`."""
    if _ID.fullmatch(contact):
        return f"{PATH}/people/{contact}"
    everybody = ["favourites", "users", "system", "public", "personal"]
    found = client.get(f"{PATH}/people", search=contact, show=everybody, match="contains", field="all", limit=_SHOWN)
    if not found["total"]:
        raise UserError.of(f"no contact has {printable(contact, 60)!r}", '"phonehub contacts list" shows them')
    if found["total"] > 1:
        names = ", ".join(f"{printable(each['name'], 40)} ({each['id']})" for each in found["contacts"])
        more = ", ..." if found["total"] > len(found["contacts"]) else ""
        raise UserError.of(
            f"{found['total']} contacts have {printable(contact, 60)!r}: {names}{more}", "name one by id"
        )
    return f"{PATH}/people/{found['contacts'][0]['id']}"


def described(contact: dict[str, Any]) -> str:
    """Return a contact as a person reads it in a sentence, made harmless."""
    company = contact["company"] if contact["company"] != contact["name"] else ""
    return printable(f"{contact['name']} ({company})" if company else contact["name"], 120)
