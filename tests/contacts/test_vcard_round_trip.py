from __future__ import annotations

import io

import pytest
import vobject
from contact_strategies import CONTACT
from hypothesis import given, settings
from hypothesis import strategies as st

from hub_contacts.contact import Contact, Labelled, Photo
from hub_contacts.vcard.read import read_vcards
from hub_contacts.vcard.write import Version, vcard, write_vcards


@pytest.mark.feature("CON-08")
@pytest.mark.parametrize("version", Version)
def test_what_is_written_reads_as_it_was(version: Version) -> None:
    @settings(max_examples=100)
    @given(st.lists(CONTACT.filter(lambda contact: contact != Contact(kind=contact.kind)), max_size=3))
    def run(contacts: list[Contact]) -> None:
        stream = io.BytesIO()
        assert write_vcards(contacts, stream, version) == len(contacts)
        written = stream.getvalue()
        assert list(read_vcards(io.BytesIO(written))) == contacts
        assert all(len(line) <= 75 for line in written.split(b"\r\n"))  # RFC 6350, 3.2
        written.decode()

    run()


@pytest.mark.feature("CON-08")
@given(CONTACT)
def test_others_read_what_is_written(contact: Contact) -> None:
    card = vobject.readOne(vcard(contact, Version.V3))
    assert card.version.value == "3.0"
    assert len(card.contents["fn"]) >= 1
    assert len(card.contents.get("tel", [])) == len(contact.numbers)


def test_a_photo_is_written_as_each_version_does() -> None:
    contact = Contact(description="A", photo=Photo(b"\x89PNG\r\n", "image/png"))
    assert "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0K\r\n" in vcard(contact, Version.V3)
    assert "PHOTO:data:image/png;base64,iVBORw0K\r\n" in vcard(contact)


def test_labels_of_our_own_do_not_meet_groups_that_were_there() -> None:
    text = "BEGIN:VCARD\nFN:A\nitem1.X-ABDATE:2000-01-01\nitem1.X-ABLabel:First met\nEND:VCARD\n"
    (contact,) = read_vcards(io.BytesIO(text.encode()))
    assert isinstance(contact, Contact)
    both = Contact(description="A", numbers=(Labelled("1", "Chalet"),), extra=contact.extra)
    assert "item2.X-ABLabel:Chalet" in vcard(both)
    assert list(read_vcards(io.BytesIO(vcard(both).encode()))) == [both]
