"""A file that contacts are to be read from: what it is, and a part of it at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

from hub import UserError
from hub_contacts.charset import charset, utf8_chunks
from hub_contacts.refused import Refused
from hub_contacts.sheet.columns import column_of
from hub_contacts.sheet.read import Sheet
from hub_contacts.sheet.rows import delimiter_of
from hub_contacts.vcard.read import read_vcards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from hub_contacts.contact import Contact

_BEGINNING = 65536
_MOST_CONTROLS = 0.1
_MOST_HEADINGS = 200
_NO_TEXT = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Outlook file", "save it as CSV, or export it as vCard"),
    (b"!BDN", "an Outlook data file", "export the contacts as CSV"),
    (b"SQLite format 3\0", "a database", "export the contacts as CSV or vCard"),
    (b"\x1f\x8b", "packed with gzip", "unpack it"),
    (b"%PDF-", "a PDF", "export the contacts as CSV or vCard"),
    (b"{\\rtf", "an RTF document", "save it as plain text"),
)
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_CARD = re.compile(rb"(?im)^\s*BEGIN\s*:\s*VCARD\s*$")
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))


class FileFormat(StrEnum):
    """What is read."""

    CSV = "csv"
    VCARD = "vcard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a file is to be read; what is not said is found out. `mapping` is as `Sheet` takes it."""

    format: FileFormat | None = None
    mapping: Mapping[str | int, str] = field(default_factory=dict)
    delimiter: str = ""
    encoding: str = ""


class Opened:
    """A file from its start on. Raises `UserError` for one that holds no contacts, and for a mapping that fits none."""

    def __init__(self, file: BinaryIO, asked: Asked) -> None:
        if asked.encoding and not charset(asked.encoding) and asked.encoding.lower() not in {"utf-8", "utf8", "ascii"}:
            raise UserError.of(
                f'there is no encoding "{asked.encoding[:40]}"', "write utf-8, cp1252, utf-16", "encoding"
            )
        beginning = file.read(_BEGINNING)
        file.seek(0)
        self.format = asked.format or _format_of(beginning)
        self.sheet: Sheet | None = None
        self._read: Iterator[Contact | Refused]
        if self.format is FileFormat.VCARD:
            self._read = read_vcards(file, fallback=asked.encoding or "cp1252")
            return
        self.sheet = Sheet(file, mapping=asked.mapping or None, delimiter=asked.delimiter, encoding=asked.encoding)
        if not any(column and column.field in {"number", "vcard"} for column in self.sheet.columns):
            told = ", ".join(self.sheet.headings)[:300]
            remedy = "say by hand what is in which, as COLUMN=FIELD: a contact needs a number"
            raise UserError.of(f"no column with numbers is known among: {told}", remedy, "map")
        self._read = iter(self.sheet)

    def preview(self, most: int) -> list[Contact | Refused]:
        """Return what the first cards or rows become; of cards, they are gone then."""
        return self.sheet.preview(most) if self.sheet else self.take(most, most_bytes=1 << 25)

    def take(self, most: int, most_bytes: int) -> list[Contact | Refused]:
        """Return the next contacts and refusals: a number of them, or fewer of great size; none at the end."""
        taken: list[Contact | Refused] = []
        size = 0
        for each in self._read:
            taken.append(each)
            size += _size(each)
            if len(taken) == most or size >= most_bytes:
                break
        return taken


def _format_of(beginning: bytes) -> FileFormat:
    if not beginning.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise UserError.of("the file is empty")
    for start, what, remedy in _NO_TEXT:
        if beginning.startswith(start):
            raise UserError.of(f"the file is {what}", remedy)
    text = b"".join(utf8_chunks(BytesIO(beginning)))
    if _PAGE.match(text):
        raise UserError.of("the file is a web page or XML", "export the contacts as CSV or vCard")
    if len(text) - len(text.translate(None, _CONTROLS)) > len(text) * _MOST_CONTROLS:
        raise UserError.of("the file is no text", "export the contacts as CSV or vCard")
    card = _CARD.search(text)
    if card is None or (text[: card.start()].strip() and _has_headings(text)):
        return FileFormat.CSV
    return FileFormat.VCARD


def _has_headings(text: bytes) -> bool:
    """Tell whether the first line has several headings of columns: then cards are what somebody noted in a cell."""
    first = text.lstrip().partition(b"\n")[0].decode("utf-8", "replace")
    cells = first.split(delimiter_of([first]))[:_MOST_HEADINGS]
    return sum(column_of(cell) is not None for cell in cells) > 1


def _size(each: Contact | Refused) -> int:
    if isinstance(each, Refused):
        return len(each.reason)
    photo = len(each.photo.data) if each.photo else 0
    return photo + len(each.note) + sum(len(kept.value) for kept in each.extra)
