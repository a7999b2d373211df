"""The part of the rows that callers are looked up by; all work on a connection, inside its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update

from hub_contacts.keys import keys_of
from hub_contacts.query import visible
from hub_contacts.rows import AT_ONCE, same_of
from hub_contacts.stored import columns_of, contact_of
from hub_contacts.tables import cards, contacts, same, users

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select

    from hub import DialPlan
    from hub_contacts.contact import Contact

_RENEWED_AT_ONCE = 100
"""Contacts whose numbers are read in one transaction: that takes longer than to write them."""


class ListedRow(NamedTuple):
    """A contact, as far as a ring tells of it."""

    row: int
    id: str
    name: str
    company: str
    source: str
    groups: str
    favourite: bool
    recent: float
    keys: str


_LISTED = tuple(contacts.c[name] for name in ListedRow._fields)


def read_all(connection: Connection, user: str) -> Iterator[ListedRow]:
    """Yield a user's contacts, a thousand at a time in memory."""
    wanted = select(*_LISTED).where(visible(user))
    return map(ListedRow._make, connection.execution_options(yield_per=1000).execute(wanted))


def read_batch(connection: Connection, user: str, batch: int, after: int) -> list[ListedRow]:
    """Return the next contacts of an import that is done, in the order of rows."""
    wanted = select(*_LISTED).where(visible(user), contacts.c.batch == batch, contacts.c.row > after)
    return _found(connection, wanted.order_by(contacts.c.row).limit(AT_ONCE))


def touch(connection: Connection, user: str, ids: Sequence[str], at: float) -> list[ListedRow]:
    """Note when contacts were of use, and return them."""
    wanted = (contacts.c.user == user, contacts.c.id.in_(ids))
    connection.execute(update(contacts).where(*wanted).values(recent=at))
    return _found(connection, select(*_LISTED).where(visible(user), contacts.c.id.in_(ids)))


def renew(connection: Connection, user: str, after: int, plan: DialPlan) -> tuple[int | None, list[ListedRow]]:
    """Read the numbers of the next contacts under a dial plan; return the last row of them, and those that changed."""
    wanted = select(contacts.c.row, contacts.c.source, contacts.c["keys"], cards.c.card)
    wanted = wanted.join(cards, cards.c.row == contacts.c.row).where(contacts.c.user == user, contacts.c.row > after)
    found = connection.execute(wanted.order_by(contacts.c.row).limit(_RENEWED_AT_ONCE)).all()
    changed = []
    for row, source, before, card in found:
        contact = contact_of(card, source=source)
        keys = keys_of(contact, plan)
        if " ".join(keys) != before:
            _renew(connection, user, row, contact, keys)
            changed.append(row)
    listed = select(*_LISTED).where(visible(user), contacts.c.row.in_(changed))
    return (found[-1].row if found else None), _found(connection, listed) if changed else []


def read_plan(connection: Connection, user: str) -> str:
    """Return by which dial plan the user's numbers were read; empty if that is not known."""
    return connection.execute(select(users.c.plan).where(users.c.user == user)).scalar_one_or_none() or ""


def write_plan(connection: Connection, user: str, plan: str) -> None:
    """Keep by which dial plan they were."""
    if not connection.execute(update(users).where(users.c.user == user).values(plan=plan)).rowcount:
        connection.execute(insert(users), {"user": user, "plan": plan, "view": ""})


def _renew(connection: Connection, user: str, row: int, contact: Contact, keys: tuple[str, ...]) -> None:
    told = columns_of(contact, keys)
    values = {name: told[name] for name in ("keys", "by_number", "find_number")}
    connection.execute(update(contacts).where(contacts.c.row == row).values(values))
    connection.execute(delete(same).where(same.c.row == row))
    if not contact.source and (known_by := same_of(user, row, contact, keys)):
        connection.execute(insert(same), known_by)


def _found(connection: Connection, wanted: Select[tuple[object, ...]]) -> list[ListedRow]:
    return list(map(ListedRow._make, connection.execute(wanted)))
