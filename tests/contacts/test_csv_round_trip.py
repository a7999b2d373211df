from __future__ import annotations

import csv
import io

import pytest
from contact_strategies import CONTACT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub_contacts.contact import Contact, Labelled
from hub_contacts.sheet.guard import guard, unguard
from hub_contacts.sheet.read import Sheet
from hub_contacts.sheet.write import write_csv


def written(*contacts: Contact, delimiter: str = ",") -> bytes:
    stream = io.BytesIO()
    assert write_csv(contacts, stream, delimiter=delimiter) == len(contacts)
    return stream.getvalue()


@pytest.mark.feature("CON-08")
@settings(max_examples=100)
@given(st.lists(CONTACT.filter(lambda contact: contact != Contact()), max_size=3), st.sampled_from(",;\t"))
def test_what_is_written_reads_as_it_was(contacts: list[Contact], delimiter: str) -> None:
    sheet = Sheet(io.BytesIO(written(*contacts, delimiter=delimiter)))
    assert sheet.preset == "phonehub"
    assert sheet.unused == []
    assert list(sheet) == contacts


@pytest.mark.feature("CON-08")
@given(st.text() | st.text("'=+-@0123456789. \t"))
@example("'=1")
@example("''0")
def test_a_guard_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.feature("CON-08")
def test_spreadsheets_run_nothing_and_keep_numbers() -> None:
    contact = Contact(
        description="=cmd|'/C calc'!A0", last="@SUM(1)",
        numbers=(Labelled("+49 30 123"), Labelled("030123456"), Labelled("12-5")),
    )  # fmt: skip
    data = written(contact)
    assert data.startswith(b"\xef\xbb\xbf")
    _, row = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@"))
        assert not cell.strip().replace(".", "").isdigit() or cell == "1"
    assert {"'+49 30 123", "'030123456", "'12-5"} <= set(row)
