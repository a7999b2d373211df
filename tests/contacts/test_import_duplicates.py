from __future__ import annotations

from contact_strategies import CONTACT
from hypothesis import given, settings

from hub import DialPlan, directory_key
from hub_contacts.contact import Contact, Labelled, Property
from hub_contacts.importing.duplicates import joined
from hub_contacts.stored import as_ours

PLAN = DialPlan()


def key(text: str) -> str:
    return directory_key(PLAN.number(text))


@settings(max_examples=25)
@given(CONTACT.map(as_ours), CONTACT.map(as_ours))
def test_to_join_the_same_again_changes_nothing(ours: Contact, new: Contact) -> None:
    once = joined(ours, new, key)
    assert joined(once, new, key) == once
    assert joined(once, ours, key) == once


@settings(max_examples=25)
@given(CONTACT.map(as_ours), CONTACT.map(as_ours))
def test_nothing_of_either_is_lost(ours: Contact, new: Contact) -> None:
    once = joined(ours, new, key)
    for name in ("numbers", "emails", "urls", "addresses", "groups", "extra"):
        assert getattr(once, name)[: len(getattr(ours, name))] == getattr(ours, name)
    assert {number.text for number in ours.numbers} <= {number.text for number in once.numbers}
    assert {key(number.text) for number in new.numbers} <= {key(number.text) for number in once.numbers}
    assert {*ours.groups, *new.groups} == {*once.groups}
    assert {*ours.extra, *new.extra} == {*once.extra}
    assert ours.photo is None or once.photo == ours.photo
    assert once.photo is not None or new.photo is None
    for name in ("first", "last", "company", "job_title", "login"):
        other = getattr(new, name)
        assert not other or other.casefold() in f"{getattr(once, name)}\n{once.note}".casefold()


def test_what_ours_says_twice_stays_so() -> None:
    odd, other = Property("X-A", "1"), Property("X-B", "2")
    ours, new = Contact(first="Ada", extra=(odd, odd)), Contact(first="Ada", extra=(odd, other, other))
    assert joined(ours, ours, key) == ours
    assert joined(ours, new, key).extra == (odd, odd, other)


def test_ours_stays_where_both_say_something_else_and_the_note_tells() -> None:
    ours = Contact(first="Ada", company="Old", numbers=(Labelled("+1 585 555 1234", "work", primary=True),))
    new = Contact(
        first="ADA",
        company="New",
        job_title="CEO",
        numbers=(Labelled("585-555-1234", "home"), Labelled("5855550002", "mobile", primary=True)),
    )
    once = joined(ours, new, lambda text: text[-4:])
    assert (once.first, once.company, once.job_title, once.note) == ("Ada", "Old", "CEO", "company: New")
    assert once.numbers == (*ours.numbers, Labelled("5855550002", "mobile"))
