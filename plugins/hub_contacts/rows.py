"""Reading and writing the rows that keep contacts; all work on a connection, inside its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from hub import UserError
from hub_contacts.contact import ContactKind, Photo
from hub_contacts.query import all_of, count_of, page_of, visible
from hub_contacts.stored import Stored, card_of, columns_of, contact_of, hash_of, samenesses
from hub_contacts.tables import cards, contacts, pending, same, users

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub_contacts.contact import Contact
    from hub_contacts.query import Query

AT_ONCE = 500
"""Rows in one statement: databases bound how many values one may have."""
_SHORT = (
    contacts.c.row, contacts.c.id, contacts.c.source, contacts.c.kind, contacts.c.device, contacts.c.changed,
    contacts.c.recent, contacts.c.favourite, contacts.c["keys"], cards.c.card, cards.c.photo_type,
)  # fmt: skip


class ImportGoesOn(UserError):  # noqa: N818  what it tells
    """The user's own contacts cannot be changed now."""


def read_one(connection: Connection, user: str, contact_id: str) -> Stored | None:
    """Return a contact with its photo; None if the user has none of that id."""
    found = select(*_SHORT, cards.c.photo).join(cards, cards.c.row == contacts.c.row)
    row = connection.execute(found.where(visible(user), contacts.c.id == contact_id)).mappings().one_or_none()
    return None if row is None else _stored(row)


def read_page(connection: Connection, user: str, query: Query) -> tuple[int, list[Stored]]:
    """Return how many contacts there are on all pages, and those of one, without their photos."""
    total = connection.execute(count_of(user, query)).scalar_one()
    numbers = list(connection.execute(page_of(user, query)).scalars())
    found = select(*_SHORT).join(cards, cards.c.row == contacts.c.row).where(contacts.c.row.in_(numbers))
    by_row = {row["row"]: _stored(row) for row in connection.execute(found).mappings()}
    return total, [by_row[number] for number in numbers]


def read_source(connection: Connection, user: str, source: str) -> list[Stored]:
    """Return all contacts of a source, without their photos; of the user's own where it is empty."""
    found = select(*_SHORT).join(cards, cards.c.row == contacts.c.row)
    found = found.where(visible(user), contacts.c.source == source).order_by(contacts.c.row)
    return [_stored(row) for row in connection.execute(found).mappings()]


def write(connection: Connection, user: str, stored: Sequence[Stored]) -> None:
    """Write contacts; one whose id is known takes the place of the old one. Raises `ImportGoesOn`."""
    own = [each for each in stored if not each.contact.source]
    remove(connection, user, [each.id for each in stored], may_be_own=not own)
    insert_rows(connection, user, stored)


def insert_rows(connection: Connection, user: str, stored: Sequence[Stored], batch: int = 0) -> None:
    """Insert contacts as part of an import, or of none."""
    if not stored:
        return
    first = connection.execute(select(func.coalesce(func.max(contacts.c.row), 0))).scalar_one() + 1
    numbered = list(enumerate(stored, first))
    connection.execute(insert(contacts), [_row(user, row, each, batch) for row, each in numbered])
    connection.execute(insert(cards), [_card(row, each.contact) for row, each in numbered])
    known_by = [
        known
        for row, each in numbered
        if not each.contact.source
        for known in same_of(user, row, each.contact, each.keys)
    ]
    if known_by:
        connection.execute(insert(same), known_by)


def same_of(user: str, row: int, contact: Contact, keys: tuple[str, ...]) -> list[dict[str, int]]:
    """Return the rows by which an import finds that a contact is there already."""
    hashes = {hash_of(user, sameness) for sameness in samenesses(contact, keys)}
    return [{"hash": each, "row": row} for each in hashes]


def remove(connection: Connection, user: str, ids: Sequence[str], *, may_be_own: bool = True) -> list[str]:
    """Delete contacts; return the ids of those that there were.

    Raises `ImportGoesOn` where one of them is the user's own, which an import under way may be joining with another.
    """
    found = select(contacts.c.row, contacts.c.id, contacts.c.source)
    there = connection.execute(found.where(visible(user), contacts.c.id.in_(ids))).all()
    if not may_be_own or not all(source for _, _, source in there):
        check_no_import(connection, user)
    remove_rows(connection, [row for row, _, _ in there])
    return [contact_id for _, contact_id, _ in there]


def check_no_import(connection: Connection, user: str) -> None:
    """Raise `ImportGoesOn` if one is under way for a user."""
    if connection.execute(select(pending.c.batch).where(pending.c.user == user).limit(1)).first():
        raise ImportGoesOn.of("your contacts are being imported", "try again when that is done")


def remove_some(connection: Connection, user: str, source: str | None) -> list[str]:
    """Delete a number of contacts, of one source or of all; return their ids, none when none are left.

    Of all, those of an import under way too; raises `ImportGoesOn` for one's own alone.
    """
    if source == "":
        check_no_import(connection, user)
    found = select(contacts.c.row, contacts.c.id).where(contacts.c.user == user).limit(AT_ONCE)
    if source is not None:
        found = found.where(contacts.c.source == source)
    there = connection.execute(found).all()
    remove_rows(connection, [row for row, _ in there])
    return [contact_id for _, contact_id in there]


def read_view(connection: Connection, user: str) -> str:
    """Return the chosen view, as it was written; empty if none was."""
    return connection.execute(select(users.c.view).where(users.c.user == user)).scalar_one_or_none() or ""


def write_view(connection: Connection, user: str, view: str) -> None:
    """Keep the chosen view."""
    written = connection.execute(update(users).where(users.c.user == user).values(view=view))
    if not written.rowcount:
        connection.execute(insert(users), {"user": user, "plan": "", "view": view})


def remove_rows(connection: Connection, rows: Sequence[int]) -> None:
    """Delete rows and all that belongs to them."""
    if rows:
        for table in (cards, same, contacts):
            connection.execute(delete(table).where(table.c.row.in_(rows)))


def read_rows(
    connection: Connection, rows: Sequence[int], *where: ColumnElement[bool]
) -> Iterator[tuple[int, int, Stored]]:
    """Yield those of some rows of which that holds: row, batch, and the contact with its photo."""
    found = select(*_SHORT, contacts.c.batch, cards.c.photo).join(cards, cards.c.row == contacts.c.row).where(*where)
    for start in range(0, len(rows), AT_ONCE):
        part = found.where(contacts.c.row.in_(rows[start : start + AT_ONCE]))
        for row in connection.execute(part).mappings():
            yield row["row"], row["batch"], _stored(row)


def read_all(connection: Connection, user: str, query: Query) -> Iterator[Stored]:
    """Yield all contacts of a query, on whatever page, with their photos; a few at a time are in memory."""
    wanted = all_of(user, query, *_SHORT, cards.c.photo).join(cards, cards.c.row == contacts.c.row)
    for row in connection.execution_options(yield_per=20).execute(wanted).mappings():
        yield _stored(row)


def _row(user: str, row: int, stored: Stored, batch: int) -> dict[str, Any]:
    contact = stored.contact
    decided = {"row": row, "user": user, "id": stored.id, "source": contact.source, "kind": contact.kind.value}
    standing = {"device": contact.device, "batch": batch, "gone": 0, "changed": stored.changed, "recent": stored.recent}
    return {**decided, **standing, **columns_of(contact, stored.keys)}


def _card(row: int, contact: Contact) -> dict[str, Any]:
    photo = contact.photo
    told = {"photo_type": photo.media_type, "photo": photo.data} if photo else {"photo_type": "", "photo": None}
    return {"row": row, "card": card_of(contact), **told}


def _stored(row: Any) -> Stored:
    photo = Photo(row["photo"], row["photo_type"]) if row.get("photo") is not None else None
    contact = contact_of(
        row["card"],
        photo,
        kind=ContactKind(row["kind"]),
        source=row["source"],
        device=row["device"],
        favourite=row["favourite"],
    )
    return Stored(
        id=row["id"],
        contact=contact,
        keys=tuple(row["keys"].split()),
        changed=row["changed"],
        recent=row["recent"],
        photo_type=row["photo_type"],
    )


def in_parts(stored: Sequence[Stored]) -> Iterator[Sequence[Stored]]:
    """Cut many contacts into as many as go into one transaction."""
    for start in range(0, len(stored), AT_ONCE):
        yield stored[start : start + AT_ONCE]
