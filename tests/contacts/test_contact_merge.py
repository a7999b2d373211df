"""A source's change reaches our contact, and what the source cannot hold stays."""

from __future__ import annotations

from dataclasses import replace

from hub_contacts.contact import Contact, Labelled, Photo, Property
from hub_contacts.merge import clash, merged

DESK, MOBILE, FAX = Labelled("100", "work"), Labelled("200", "mobile"), Labelled("300", "fax")
OURS = Contact(
    uid="u", source="office", last="Ada", numbers=(DESK, MOBILE, FAX), favourite=True, photo=Photo(b"p", "image/png")
)
HELD = Contact(last="Ada", numbers=(DESK, MOBILE))


def test_nothing_changed_at_the_source_changes_nothing() -> None:
    assert merged(OURS, HELD, HELD) == OURS


def test_a_change_is_taken_and_what_the_source_cannot_hold_stays() -> None:
    new = Labelled("201", "mobile")
    after = Contact(last="Lovelace", numbers=(DESK, new), note="from there")
    assert merged(OURS, HELD, after) == replace(OURS, last="Lovelace", numbers=(DESK, new, FAX), note="from there")


def test_what_was_emptied_at_the_source_is_emptied() -> None:
    assert merged(OURS, HELD, Contact()) == replace(OURS, last="", numbers=(FAX,))


def test_a_source_that_holds_everything_decides_everything() -> None:
    after = replace(OURS, numbers=(FAX, DESK), favourite=False, photo=None, extra=(Property("X-A", "1"),))
    assert merged(OURS, OURS, after) == after


def test_whose_the_contact_is_stays_ours() -> None:
    assert merged(OURS, HELD, replace(HELD, uid="x", source="elsewhere")) == OURS


def test_edits_of_different_things_do_not_clash() -> None:
    after = replace(HELD, last="Lovelace")
    assert not clash(replace(HELD, company="Engines"), HELD, after)
    assert not clash(after, HELD, after)
    assert clash(replace(HELD, last="King"), HELD, after)
