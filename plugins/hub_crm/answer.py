"""What an answer says of a person. It comes from elsewhere, and may hold anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonpath_rfc9535 as jsonpath

from hub import Contact
from hub_crm.filling import filled_address

if TYPE_CHECKING:
    from hub_crm.settings import LookupTable

MOST = 10
"""Persons of one answer that are looked at."""
_LONGEST = 256
_LONGEST_LINK = 2048
_BAD = re.compile(r"[\x00-\x20\x7f\\]")


class AnswerFault(ValueError):  # noqa: N818  what it tells
    """The answer is not as the lookup describes it; says where and why."""


@dataclass(frozen=True, slots=True)
class Read:
    """The contacts in an answer, and what was wrong with parts of it."""

    contacts: tuple[Contact, ...]
    faults: tuple[str, ...] = ()


def read(table: LookupTable, lookup: str, number: str, body: bytes) -> Read:
    """Read an answer to who has a number; raises `AnswerFault` where it cannot be read at all."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AnswerFault(f"the answer is no JSON: {str(error)[:80]}") from None
    faults: list[str] = []
    try:
        persons = _values(table.each, answer)[:MOST]
        contacts = [_contact(table, lookup, number, each, faults) for each in persons]
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise AnswerFault(f"the answer cannot be searched: {str(error)[:80]}") from None
    return Read(tuple(dict.fromkeys([each for each in contacts if each is not None])), tuple(dict.fromkeys(faults)))


def _contact(table: LookupTable, lookup: str, number: str, person: Any, faults: list[str]) -> Contact | None:
    """Return a contact; None for one without a name."""
    company = _text(table.company, person, "company", faults)
    name = _text(table.name, person, "name", faults) or company
    if not name:
        return None
    ident = _text(table.id, person, "id", faults)
    return Contact(
        id=f"{lookup}:{ident or number}",
        name=name,
        company=company,
        source=lookup,
        groups=table.groups,
        link=_link(table, person, ident, faults),
    )


def _link(table: LookupTable, person: Any, ident: str, faults: list[str]) -> str:
    if not table.link or ("%ID%" in table.link and not ident):
        return ""
    if not table.link.startswith("$"):
        return filled_address(table.link, {"ID": ident})
    found = next((each for each in _values(table.link, person) if each not in (None, "")), "")
    if isinstance(found, str) and (not found or _is_page(found)):
        return found
    faults.append("link: it is no http or https address")
    return ""


def _is_page(link: str) -> bool:
    try:
        parts = urlsplit(link)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return whole and len(link) <= _LONGEST_LINK and link.isprintable() and not _BAD.search(link)


def _text(paths: tuple[str, ...], value: Any, field: str, faults: list[str]) -> str:
    """Return what stands at the paths, one behind the other; nothing where there is nothing, or no text."""
    parts = []
    for path in paths:
        found = next((each for each in _values(path, value) if each is not None), "")
        if isinstance(found, bool) or not isinstance(found, (str, int, float)):
            faults.append(f"{field}: {path} is {_told(found)}, and no text")
            continue
        text = "".join([character if character.isprintable() else " " for character in str(found)[:_LONGEST]])
        parts.append(" ".join(text.split()))
    return " ".join(filter(None, parts))[:_LONGEST]


def _values(path: str, value: Any) -> list[Any]:
    return jsonpath.find(path, value).values() if isinstance(value, (dict, list)) else [value] if path == "$" else []


def _told(value: object) -> str:
    return {dict: "an object", list: "a list", bool: "true or false"}.get(type(value), "something else")
