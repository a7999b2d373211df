from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from hub_contacts.contact import Contact
from hub_contacts.refused import Limits, Refused
from hub_contacts.sheet.read import Sheet
from hub_contacts.sheet.write import write_csv
from hub_contacts.vcard.read import read_vcards
from hub_contacts.vcard.write import Version, write_vcards

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = b"BEGIN:VCARD\nFN:Good\nTEL:1\nEND:VCARD\n"


class Made(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "all at once"
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


def hostile(begin: bytes, middle: bytes, times: int, end: bytes) -> Iterator[bytes]:
    yield GOOD + begin
    for _ in range(times):
        yield middle
    yield end + GOOD


BLOCK = 1 << 16


@pytest.mark.feature("CON-07")
@pytest.mark.parametrize(
    ("begin", "middle", "end", "reason"),
    [
        (b"BEGIN:VCARD\nFN:Long\n", b"NOTE:x\n" * (BLOCK // 7), b"END:VCARD\n", "more than 10,000 lines (Long)"),
        (b"BEGIN:VCARD\nFN:Wide\nNOTE:", b"x" * BLOCK, b"\nEND:VCARD\n", "larger than 2,000,000 bytes (Wide)"),
        (b"BEGIN:VCARD\nFN:Photo\nPHOTO;ENCODING=b:", b" /9j/" * (BLOCK // 5), b"\nEND:VCARD\n", "larger than"),
        (b"BEGIN:VCARD\nFN:Folded\nNOTE:", b"\n x" * (BLOCK // 3), b"\nEND:VCARD\n", "more than 10,000 lines"),
        (b"BEGIN:VCARD\nFN:Empty\n", b"\n" * BLOCK, b"END:VCARD\n", "more than 10,000 lines"),
        (b"BEGIN:VCARD\nFN:Deep\n", b"AGENT:\nBEGIN:VCARD\n" * (BLOCK // 19), b"", "more than 8 deep (Deep)"),
        (b"", b"\0junk" * (BLOCK // 5), b"\n", "outside of any card"),
        (b"", b"END:VCARD\n" * 10, b"", "END:VCARD without a card"),
    ],
)
def test_endless_files_fill_no_memory_and_are_refused(begin: bytes, middle: bytes, end: bytes, reason: str) -> None:
    limits = Limits(card=2_000_000, card_lines=10_000)
    tracemalloc.start()
    try:
        found = list(read_vcards(Made(hostile(begin, middle, 60, end)), limits=limits))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [each.description for each in found if isinstance(each, Contact)] == ["Good", "Good"]
    assert all(reason in each.reason for each in found if isinstance(each, Refused))
    assert len(found) > 2
    assert peak < 12_000_000


LONG = 400_000


@pytest.mark.feature("CON-07")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    [
        b"TEL;" + b'"' * LONG + b":1",
        b"TEL;" + b'a="b";' * LONG + b":1",
        b"TEL;X-CUSTOM(" + b"," * LONG + b":1",
        b"TEL;X-CUSTOM(" + b" " * LONG + b":1",
        b"TEL:" + b"tel:;" * LONG,
        b"N:" + b"\\;" * LONG,
        b"N:" + b"\\" * LONG,
        b"ADR:" + b";" * LONG,
        b"CATEGORIES:" + b"\\,a" * 20_000,
        b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=\n" * 100_000,
        b"NOTE:x\n" + b"no colon\n" * 50_000,
        b"PHOTO;ENCODING=b:AAAA\n" + b"AAAA\n" * 100_000,
        b"PHOTO:data:;" + b";" * LONG,
        b"a" * LONG + b":1",
        b"BDAY:" + b"1" * LONG,
        b"TEL;CHARSET=" + b"x" * LONG + b":1",
        b"TEL:1\nitem1.X-ABLabel:" + b"_$!<" * LONG,
    ],
)
def test_no_line_takes_for_ever(line: bytes) -> None:
    found = list(read_vcards(io.BytesIO(b"BEGIN:VCARD\nFN:A\n" + line + b"\nEND:VCARD\n" + GOOD)))
    people = [each for each in found if isinstance(each, Contact)]
    assert people[-1].description == "Good"
    for version in Version:
        out = io.BytesIO()
        write_vcards(people, out, version)
        assert [each for each in read_vcards(io.BytesIO(out.getvalue())) if isinstance(each, Contact)] == people
    out = io.BytesIO()
    write_csv(people, out)
    assert list(Sheet(io.BytesIO(out.getvalue()))) == people


def only(data: bytes, limits: Limits) -> list[Contact | Refused]:
    return list(read_vcards(io.BytesIO(data), limits=limits))


@pytest.mark.feature("CON-07")
def test_a_photo_that_is_too_large_is_left_out_and_told() -> None:
    contact, refused = only(
        b"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:" + b"/9j/" * 100 + b"\nEND:VCARD\n", Limits(photo=200)
    )
    assert isinstance(contact, Contact)
    assert (contact.description, contact.photo) == ("A", None)
    assert refused == Refused(1, "the photo is larger than 200 bytes", partly=True)


def test_a_card_of_too_many_properties_is_refused() -> None:
    (refused,) = only(b"BEGIN:VCARD\n" + b"TEL:1\n" * 11 + b"END:VCARD\n", Limits(properties=10))
    assert refused == Refused(1, "the card has more than 10 properties")


@pytest.mark.feature("CON-07")
def test_no_address_of_a_photo_is_fetched() -> None:
    (contact,) = only(b"BEGIN:VCARD\nFN:A\nPHOTO;VALUE=uri:http://127.0.0.1:9/\nEND:VCARD\n", Limits())
    assert isinstance(contact, Contact)
    assert contact.photo is None
    assert contact.extra[0].value == "http://127.0.0.1:9/"
