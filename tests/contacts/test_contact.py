from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_contacts import Contacts
from hub_contacts.contact import Contact, Labelled, Photo, clean
from hub_contacts.refused import Refused, dry_run
from hub_contacts.settings import Settings


def test_the_plugin_is_found_as_any_other() -> None:
    (point,) = entry_points(group="hub", name="contacts")
    assert point.load() is Contacts
    assert Contacts().register_config() is Settings


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (Contact(description="Jane at work", first="Jane", last="Doe"), "Jane at work"),
        (
            Contact(prefix="Dr.", first="Jane", middle="Q.", last="Doe", suffix="MD", company="Acme"),
            "Dr. Jane Q. Doe MD",
        ),
        (Contact(company="Acme", emails=(Labelled("a@acme.example"),)), "Acme"),
        (Contact(emails=(Labelled("a@acme.example"),), numbers=(Labelled("1"),)), "a@acme.example"),
        (Contact(numbers=(Labelled("1"), Labelled("2", "home", primary=True))), "2"),
        (Contact(), ""),
    ],
)
def test_the_name_to_show(contact: Contact, name: str) -> None:
    assert contact.name == name


def test_the_number_to_dial_is_the_one_marked_else_the_first() -> None:
    first, second = Labelled("1"), Labelled("2", primary=True)
    assert Contact(numbers=(first, second)).primary == second
    assert Contact(numbers=(first,)).primary == first
    assert Contact().primary is None


def test_a_photo_does_not_show_its_bytes() -> None:
    assert repr(Contact(photo=Photo(b"secret", "image/png"))).count("secret") == 0


@given(st.text(st.characters(), max_size=40))
def test_clean_text_can_be_stored_anywhere_and_stays(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == clean(cleaned) == cleaned.strip()
    assert not {"\0", "\r"} & set(cleaned)
    cleaned.encode()


def test_what_is_lost_of_hostile_text_is_seen() -> None:
    assert clean(" a\0b\r\nc\rd\ud800e ") == "ab\nc\nd\ufffde"


def test_a_dry_run_counts_and_keeps_the_first_refusals() -> None:
    tally = dry_run([Contact(), Refused(3, "no number"), Refused(4, "no name"), Contact()], most=1)
    assert (tally.contacts, tally.refusals, [str(each) for each in tally.refused]) == (2, 2, ["line 3: no number"])
