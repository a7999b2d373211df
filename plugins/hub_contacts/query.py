"""What is shown of a user's contacts: which, in which order, which part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, true

from hub_contacts.contact import ContactKind
from hub_contacts.fold import digits, fold
from hub_contacts.tables import contacts, pending

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

_LEAST_DIGITS = 2
"""Figures from which on what is searched is a number too."""


class Show(StrEnum):
    """The groups that can be switched on and off; a contact is shown if it is in one that is on."""

    FAVOURITES = "favourites"
    USERS = "users"
    SYSTEM = "system"
    PUBLIC = "public"
    PERSONAL = "personal"


class Sort(StrEnum):
    """What contacts are sorted by."""

    FIRST = "first"
    LAST = "last"
    COMPANY = "company"
    NUMBER = "number"


class Match(StrEnum):
    """How what is searched must stand in a field."""

    CONTAINS = "contains"
    STARTS = "starts"


class Field(StrEnum):
    """Where it is searched: in one field, or in all."""

    ALL = "all"
    NAME = "name"
    FIRST = "first"
    LAST = "last"
    COMPANY = "company"
    NUMBER = "number"
    EMAIL = "email"
    NOTE = "note"


_KINDS = {
    Show.USERS: ContactKind.USER,
    Show.SYSTEM: ContactKind.SYSTEM,
    Show.PUBLIC: ContactKind.PUBLIC,
    Show.PERSONAL: ContactKind.PERSONAL,
}
_ORDERS = {
    Sort.FIRST: contacts.c.by_first,
    Sort.LAST: contacts.c.by_last,
    Sort.COMPANY: contacts.c.by_company,
    Sort.NUMBER: contacts.c.by_number,
}
_FIELDS = {
    Field.NAME: contacts.c.find_name,
    Field.NUMBER: contacts.c.find_number,
    Field.EMAIL: contacts.c.find_email,
    Field.NOTE: contacts.c.find_note,
}
_SORTED_FIELDS = {
    Field.FIRST: contacts.c.by_first,
    Field.LAST: contacts.c.by_last,
    Field.COMPANY: contacts.c.by_company,
}
_ALL = (contacts.c.find_name, contacts.c.find_email, contacts.c.find_other, contacts.c.find_note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A page of a user's contacts: `limit` of them after the first `offset`."""

    show: frozenset[Show] = frozenset(Show)
    sort: Sort = Sort.LAST
    search: str = ""
    match: Match = Match.CONTAINS
    field: Field = Field.ALL
    limit: int = 50
    offset: int = 0


def visible(user: str) -> ColumnElement[bool]:
    """Tell which rows are there for a reader: not those of an import that goes on."""
    under_way = select(pending.c.batch)
    return and_(
        contacts.c.user == user,
        contacts.c.batch.not_in(under_way),
        or_(contacts.c.gone == 0, contacts.c.gone.in_(under_way)),
    )


def page_of(user: str, query: Query) -> Select[int]:
    """Return the statement for the row numbers of a page."""
    return all_of(user, query, contacts.c.row).limit(query.limit).offset(query.offset)


def all_of(user: str, query: Query, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Return the statement for columns of all pages, in order."""
    return select(*columns).where(*_wanted(user, query)).order_by(_ORDERS[query.sort], contacts.c.row)


def count_of(user: str, query: Query) -> Select[int]:
    """Return the statement for how many there are on all pages."""
    return select(func.count()).select_from(contacts).where(*_wanted(user, query))


def _wanted(user: str, query: Query) -> list[ColumnElement[bool]]:
    wanted = [visible(user)]
    if query.show != frozenset(Show):
        kinds = [_KINDS[each] for each in query.show if each in _KINDS]
        shown = contacts.c.kind.in_(kinds)
        wanted.append(or_(shown, contacts.c.favourite == true()) if Show.FAVOURITES in query.show else shown)
    if text := fold(query.search):
        wanted.append(_found(text, query))
    return wanted


def _found(text: str, query: Query) -> ColumnElement[bool]:
    start = "\n" if query.match is Match.STARTS else ""
    if query.field in _SORTED_FIELDS:
        return _in_sorted(_SORTED_FIELDS[query.field], text, query.match)
    number = digits(text)
    is_number = len(number) >= _LEAST_DIGITS and not any(letter.isalpha() for letter in text)
    in_number = contacts.c.find_number.contains(start + (number if is_number else text), autoescape=True)
    if query.field is Field.NUMBER:
        return in_number
    if query.field is not Field.ALL:
        return _FIELDS[query.field].contains(start + text, autoescape=True)
    company = _in_sorted(contacts.c.by_company, text, query.match)
    return or_(*(column.contains(start + text, autoescape=True) for column in _ALL), in_number, company)


def _in_sorted(column: ColumnElement[str], text: str, match: Match) -> ColumnElement[bool]:
    """Look before the tab, where what the column is sorted by stands."""
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return column.like(f"{'' if match is Match.STARTS else '%'}{escaped}%\t%", escape="/")
