from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from contact_strategies import CONTACT
from hypothesis import given
from sqlalchemy import create_engine

import hub_contacts
from hub import DialPlan
from hub.store import migrate
from hub_contacts import tables
from hub_contacts.keys import keys_of
from hub_contacts.rows import read_one, write
from hub_contacts.stored import Stored, as_ours, new_id

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hub_contacts.contact import Contact

FOLDER = Path(hub_contacts.__file__).parent / "migrations"


def made() -> Engine:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate.upgrade(connection, "contacts_version", FOLDER)
    return engine


def test_the_revisions_make_the_tables() -> None:
    with made().connect() as connection:

        def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or str(name) != "contacts_version"

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, tables.metadata) == []


@given(CONTACT)
def test_what_is_kept_is_what_was_given(contact: Contact) -> None:
    contact = as_ours(contact)
    stored = Stored(id=new_id(), contact=contact, keys=keys_of(contact, DialPlan()), changed=1.5)
    with ENGINE.begin() as connection:
        write(connection, "alice", [stored])
        kept = read_one(connection, "alice", stored.id)
        assert read_one(connection, "bob", stored.id) is None
    assert kept is not None
    assert (kept.contact, kept.keys, kept.changed) == (contact, stored.keys, 1.5)


ENGINE = made()
