"""What is kept of sources: which contact is which card, how far the changes are known, and what a person has chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from hub_contacts.contact import Contact, Photo
from hub_contacts.query import visible
from hub_contacts.sources.card_text import alike, contact_in, fingerprint, short, text_of
from hub_contacts.sync import Card, Link
from hub_contacts.tables import contacts, links, sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from hub import ContactCard

_AT_ONCE = 500
_NO_PHOTO = Photo(b"", "")


@dataclass(frozen=True, slots=True)
class Kept:
    """A link as it is kept: when our contact was written (Unix seconds), and the card without its photo."""

    link: Link
    changed: float
    card: str
    photo: str

    @classmethod
    def of(cls, contact_id: str, card: ContactCard, theirs: Contact, mine: str, changed: float) -> Kept:
        """Link a contact to a card; `mine` is the fingerprint of ours."""
        link = Link(contact_id, card.href, card.etag, mine, fingerprint(theirs))
        return cls(link, changed, text_of(replace(theirs, photo=None)), _photo(theirs))

    @classmethod
    def new(cls, contact_id: str) -> Kept:
        """Link a contact that has no card yet."""
        return cls(Link(contact_id, "", "", "", ""), 0.0, "", "")

    def being_put(self, ours: Contact, href: str, etag: str) -> Kept:
        """Return the link while our contact is put, as a new card if there is no `href`."""
        return replace(self, link=self.link._replace(href=href, etag=etag, put=alike(ours)))

    def before(self, after: Contact) -> Contact:
        """Return the contact as the source had it, to be compared with what it is `after`."""
        before = contact_in(self.card) or Contact()
        if self.photo == _photo(after):
            return replace(before, photo=after.photo)
        return replace(before, photo=_NO_PHOTO) if self.photo else before


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a source was told: its token, when (Unix seconds; 0: never); enabled or not where a person has said."""

    token: str = ""
    refreshed: float = 0.0
    enabled: bool | None = None


def card_of(card: ContactCard, contact: Contact) -> Card:
    """Return what the decision is made by."""
    return Card(card.href, card.etag, fingerprint(contact), alike(contact))


def count_contacts(connection: Connection, user: str, source: str) -> int:
    """Return how many contacts of a source there are."""
    wanted = select(func.count()).select_from(contacts).where(visible(user), contacts.c.source == source)
    return connection.execute(wanted).scalar_one()


def read_links(connection: Connection, user: str, source: str) -> dict[str, Kept]:
    """Return the links of a source by the contact's id."""
    found = select(links).where(links.c.user == user, links.c.source == source)
    return {
        row["id"]: Kept(
            Link(row["id"], row["href"], row["etag"], row["mine"], row["theirs"], row["put"]),
            row["changed"],
            row["card"],
            row["photo"],
        )
        for row in connection.execute(found).mappings()
    }


def write_links(connection: Connection, user: str, source: str, kept: Iterable[Kept]) -> None:
    """Keep links, in place of those of the same contacts."""
    rows = [
        {
            "user": user,
            "source": source,
            "changed": each.changed,
            "card": each.card,
            "photo": each.photo,
            **each.link._asdict(),
        }
        for each in kept
    ]
    if rows:
        remove_links(connection, user, source, [row["id"] for row in rows])
        connection.execute(insert(links), rows)


def remove_links(connection: Connection, user: str, source: str, ids: Iterable[str]) -> None:
    """Delete the links of contacts."""
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        those = links.c.id.in_(wanted[start : start + _AT_ONCE])
        connection.execute(delete(links).where(links.c.user == user, links.c.source == source, those))


def forget(connection: Connection, user: str, source: str) -> None:
    """Forget what was told by a source, not what a person has chosen."""
    connection.execute(delete(links).where(links.c.user == user, links.c.source == source))
    its = (sources.c.user == user, sources.c.source == source)
    connection.execute(update(sources).where(*its).values(token="", refreshed=0.0))


def read_standings(connection: Connection, user: str) -> dict[str, Standing]:
    """Return how the sources of a user stand, by name."""
    found = select(sources).where(sources.c.user == user)
    return {
        row["source"]: Standing(row["token"], row["refreshed"], row["enabled"])
        for row in connection.execute(found).mappings()
    }


def write_standing(connection: Connection, user: str, source: str, standing: Standing) -> None:
    """Keep how a source stands."""
    its = (sources.c.user == user, sources.c.source == source)
    values = {"token": standing.token, "refreshed": standing.refreshed, "enabled": standing.enabled}
    if not connection.execute(update(sources).where(*its).values(**values)).rowcount:
        connection.execute(insert(sources), {"user": user, "source": source, **values})


def drop(connection: Connection, user: str, source: str) -> None:
    """Forget a source that is no longer configured."""
    for table in (links, sources):
        connection.execute(delete(table).where(table.c.user == user, table.c.source == source))


def _photo(contact: Contact) -> str:
    return short(contact.photo.data) if contact.photo else ""
