"""Reading and writing the rows that keep contacts; all work on a connection, inside its transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from hub_contacts.contact import ContactKind, Photo
from hub_contacts.query import count_of, page_of, visible
from hub_contacts.stored import Stored, card_of, columns_of, contact_of
from hub_contacts.tables import cards, contacts, users

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from hub_contacts.query import Query

AT_ONCE = 500
"""Rows in one statement: databases bound how many values one may have."""
_SHORT = (
    contacts.c.row, contacts.c.id, contacts.c.source, contacts.c.kind, contacts.c.device, contacts.c.changed,
    contacts.c.recent, contacts.c.favourite, contacts.c["keys"], cards.c.card, cards.c.photo_type,
)  # fmt: skip


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
    """Write contacts; one whose id is known takes the place of the old one."""
    if not stored:
        return
    remove(connection, user, [each.id for each in stored])
    first = connection.execute(select(func.coalesce(func.max(contacts.c.row), 0))).scalar_one() + 1
    rows = [_row(user, number, each) for number, each in enumerate(stored, first)]
    connection.execute(insert(contacts), rows)
    connection.execute(
        insert(cards),
        [
            {
                "row": number,
                "card": card_of(each.contact),
                "photo_type": photo.media_type if (photo := each.contact.photo) else "",
                "photo": photo.data if photo else None,
            }
            for number, each in enumerate(stored, first)
        ],
    )


def remove(connection: Connection, user: str, ids: Sequence[str]) -> list[str]:
    """Delete contacts; return the ids of those that there were."""
    found = select(contacts.c.row, contacts.c.id).where(visible(user), contacts.c.id.in_(ids))
    there = connection.execute(found).all()
    _remove(connection, [row for row, _ in there])
    return [contact_id for _, contact_id in there]


def remove_some(connection: Connection, user: str, source: str | None) -> list[str]:
    """Delete a number of contacts, of one source or of all; return their ids, none when none are left."""
    found = select(contacts.c.row, contacts.c.id).where(contacts.c.user == user).limit(AT_ONCE)
    if source is not None:
        found = found.where(contacts.c.source == source)
    there = connection.execute(found).all()
    _remove(connection, [row for row, _ in there])
    return [contact_id for _, contact_id in there]


def read_view(connection: Connection, user: str) -> str:
    """Return the chosen view, as it was written; empty if none was."""
    return connection.execute(select(users.c.view).where(users.c.user == user)).scalar_one_or_none() or ""


def write_view(connection: Connection, user: str, view: str) -> None:
    """Keep the chosen view."""
    written = connection.execute(update(users).where(users.c.user == user).values(view=view))
    if not written.rowcount:
        connection.execute(insert(users), {"user": user, "plan": "", "view": view})


def _remove(connection: Connection, rows: list[int]) -> None:
    if rows:
        connection.execute(delete(cards).where(cards.c.row.in_(rows)))
        connection.execute(delete(contacts).where(contacts.c.row.in_(rows)))


def _row(user: str, number: int, stored: Stored) -> dict[str, Any]:
    contact = stored.contact
    decided = {"row": number, "user": user, "id": stored.id, "source": contact.source, "kind": contact.kind.value}
    standing = {"device": contact.device, "batch": 0, "gone": 0, "changed": stored.changed, "recent": stored.recent}
    return {**decided, **standing, **columns_of(contact, stored.keys)}


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


def with_primary(stored: Stored, text: str) -> Stored:
    """Return a contact whose primary number is the one so written; raises LookupError if it has none such."""
    numbers = stored.contact.numbers
    if text not in [number.text for number in numbers]:
        raise LookupError(text)
    chosen = next(place for place, number in enumerate(numbers) if number.text == text)
    marked = tuple(number._replace(primary=place == chosen) for place, number in enumerate(numbers))
    return replace(stored, contact=replace(stored.contact, numbers=marked))


def in_parts(stored: Sequence[Stored]) -> Iterator[Sequence[Stored]]:
    """Cut many contacts into as many as go into one transaction."""
    for start in range(0, len(stored), AT_ONCE):
        yield stored[start : start + AT_ONCE]
