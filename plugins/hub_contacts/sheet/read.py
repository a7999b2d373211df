"""Reads CSV files of contacts, a row at a time."""

from __future__ import annotations

import re
from collections import deque
from difflib import get_close_matches
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from hub import UserError
from hub_contacts.charset import utf8_chunks
from hub_contacts.contact import Address, Contact, ContactKind, Labelled, clean
from hub_contacts.refused import LIMITS, Limits, Refused
from hub_contacts.sheet.columns import ADDRESS_PARTS, TEXTS, Column, column_of, plain, preset_of
from hub_contacts.sheet.guard import unguard
from hub_contacts.sheet.rows import Lines, Row, delimiter_of, rows
from hub_contacts.vcard.build import Building, birthday
from hub_contacts.vcard.labels import in_our_words
from hub_contacts.vcard.line import items
from hub_contacts.vcard.unfold import Lines as ContentLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

_SAMPLE = 20
_NUMBER = re.compile(r"[+(]?[\d][\d ()./+-]{2,24}")
_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?: .*)?")
_SEVERAL = " ::: "
_AS_TEXT = re.compile(r'="([^"]*)"')  # how some keep spreadsheets from making figures of numbers
_TWO_NUMBERS = re.compile(r"\n|;(?! ?(?:ext|phone-context|isub)=)")
_TRUE = frozenset(["1", "true", "yes", "y", "x", "ja", "oui", "si", "sì", "wahr", "vrai", "verdadero", "vero", "waar"])


class Sheet:
    """A CSV file: what its columns were taken for, a preview of its rows, and its contacts; read once from the start.

    `mapping` says by hand what columns are, by their heading or their number from 1 (see `Column.parse`); those that it
    does not name are left out. Raises `UserError` if it names columns that there are not.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        mapping: Mapping[str | int, str] | None = None,
        delimiter: str = "",
        encoding: str = "",
        limits: Limits = LIMITS,
    ) -> None:
        self._limits = limits
        lines = Lines(utf8_chunks(stream), encoding, limits)
        sample = list(islice(lines, _SAMPLE))
        lines.put_back(sample)
        self.delimiter = delimiter or delimiter_of(sample)
        if sample and re.match(r"sep=.\s*$", sample[0], re.IGNORECASE):
            next(lines)
        self._seen: deque[Contact | Refused] = deque()
        self._rows: Iterator[Row | Refused] = rows(lines, self.delimiter, limits)
        first = self._first()
        self.headings: list[str] = first[1] if first else []
        known = [column_of(heading) for heading in self.headings]
        self.has_headings = self._are_headings(known, mapping)
        self.preset = preset_of(known, self.headings) if self.has_headings else "none"
        if self.has_headings:
            self._rows = rows(lines, self.delimiter, limits, len(self.headings))
        elif first:
            self._rows = chain([first], rows(lines, self.delimiter, limits, len(self.headings)))
            known = _guessed(first[1])
            self.headings = [f"column {number}" for number in range(1, len(first[1]) + 1)]
        self.columns = self._by_hand(mapping) if mapping is not None else self._in_context(known)

    @property
    def unused(self) -> list[str]:
        """The headings of the columns that nothing is taken from."""
        return [heading for heading, column in zip(self.headings, self.columns, strict=True) if column is None]

    def preview(self, most: int = 10) -> list[Contact | Refused]:
        """Return what the first rows would become; they come again when the contacts are read."""
        while len(self._seen) < most and (each := next(self._read(), None)) is not None:
            self._seen.append(each)
        return list(islice(self._seen, most))

    def __iter__(self) -> Iterator[Contact | Refused]:
        """Read the contacts."""
        while self._seen:
            yield self._seen.popleft()
        yield from self._read()

    def _first(self) -> Row | None:
        for row in self._rows:
            if not isinstance(row, Refused):
                return row[0], [cell.strip() for cell in row[1]]
            self._seen.append(row)
        return None

    def _are_headings(self, known: list[Column | None], mapping: Mapping[str | int, str] | None) -> bool:
        if any(_NUMBER.fullmatch(heading) for heading in self.headings):
            return False
        named = {plain(key) for key in mapping or () if isinstance(key, str)}
        return bool(named & {plain(each) for each in self.headings}) or any(known) or bool(mapping)

    def _by_hand(self, mapping: Mapping[str | int, str]) -> list[Column | None]:
        columns: list[Column | None] = [None] * len(self.headings)
        places = {plain(heading): place for place, heading in reversed(list(enumerate(self.headings)))}
        wrong = []
        for key, target in mapping.items():
            place = key - 1 if isinstance(key, int) else places.get(plain(key), -1)
            if not 0 <= place < len(columns):
                near = get_close_matches(str(key), self.headings, 1)
                wrong.append(f'there is no column "{key}"' + (f' (did you mean "{near[0]}"?)' if near else ""))
                continue
            try:
                columns[place] = Column.parse(target)
            except ValueError as error:
                wrong.append(str(error))
        if wrong:
            raise UserError.of("; ".join(wrong), f"the columns are {', '.join(self.headings)}", "mapping")
        return columns

    def _in_context(self, known: list[Column | None]) -> list[Column | None]:
        """Settle what one heading cannot tell: a title is that of a name where the job has one of its own."""
        fields = {column.field for column in known if column}
        columns = list(known)
        for place, heading in enumerate(self.headings):
            text = plain(heading)
            if text in {"title", "titel", "titre"} and columns[place] in (None, Column("prefix")):
                named = "job_title" in fields or self.preset.startswith("outlook")
                columns[place] = Column("prefix" if named else "job_title")
            elif text in {"nombre", "nome", "nom"} and not {"first", "last"} <= fields:  # then it is the whole name
                columns[place] = Column("description")
        return columns

    def _read(self) -> Iterator[Contact | Refused]:
        for row in self._rows:
            if isinstance(row, Refused):
                yield row
                continue
            line, cells = row
            contact, reason = self._contact(cells)
            if contact is None:
                yield Refused(line, reason)
                continue
            yield contact
            if any(cell.strip() for cell in cells[len(self.columns) :]):
                yield Refused(line, "the row has more cells than there are columns; they were left out", partly=True)

    def _contact(self, cells: list[str]) -> tuple[Contact | None, str]:
        told: dict[str, Any] = {}
        slots: dict[tuple[str, str], dict[str, str]] = {}
        extra = ""
        for place, (cell, column) in enumerate(zip(cells, self.columns, strict=False)):
            as_text = _AS_TEXT.fullmatch(cell.strip()) if cell.startswith(("=", " ")) else None
            if column is None or not (text := clean(as_text[1] if as_text else unguard(clean(cell)))):
                continue
            if column.field == "vcard":
                extra = text
            elif column.part:
                slot = slots.setdefault((column.field, column.slot or str(place)), {})
                slot[column.part] = f"{slot[column.part]}\n{text}" if column.part in slot else text
                if column.label:
                    slot.setdefault("label", column.label)
            else:
                self._single(told, column.field, text, self.headings[place])
        self._several(told, slots)
        if extra:
            _unpack(told, extra, self._limits)
        return self._checked(told)

    def _checked(self, told: dict[str, Any]) -> tuple[Contact | None, str]:
        described = told.get("description") or told.get("last")
        if not described and self.preset.startswith(("google", "outlook")):
            described = any(told.get(field) for field in ("first", "middle", "company", "emails"))
        if self.preset != "phonehub":
            missing = [] if described else ["no description and no last name"]
            missing += [] if told.get("numbers") else ["no number"]
            if missing:
                who = told.get("description") or told.get("last") or told.get("first") or told.get("company") or ""
                return None, f"the row has {' and '.join(missing)}" + (f" ({who[:60]})" if who else "")
        return Contact(**told), ""

    def _single(self, told: dict[str, Any], field: str, text: str, heading: str) -> None:
        ours = self.preset == "phonehub"
        if field == "birthday":
            told[field] = birthday(text) if ours else _date(text, day_first=self.preset != "outlook-en")
        elif field == "groups":
            told[field] = _groups(text, ours=ours)
            if not ours and "starred" in told[field]:
                told["favourite"] = True
        elif field == "favourite":
            told[field] = text.lower() in _TRUE
        elif field == "kind":
            told[field] = ContactKind(text) if text in set(ContactKind) else ContactKind.PERSONAL
        elif field in told:
            if told[field] != text:  # two columns for one field: what does not fit in is still to be found
                added = text if field == "note" else f"{heading}: {text}"
                told["note"] = f"{told['note']}\n{added}" if "note" in told else added
        elif field in TEXTS:
            told[field] = text

    def _texts(self, field: str, cell: str) -> list[str]:
        """Return what stands in one cell: several, where a program or a person wrote several."""
        if self.preset.startswith("google"):
            return cell.split(_SEVERAL)
        return _TWO_NUMBERS.split(cell) if field == "number" and self.preset != "phonehub" else [cell]

    def _several(self, told: dict[str, Any], slots: dict[tuple[str, str], dict[str, str]]) -> None:
        found: dict[str, list[Any]] = {}
        for (field, _), parts in slots.items():
            label = parts.get("label", "")
            primary = parts.get("primary", "").lower() in _TRUE
            if self.preset.startswith("google"):
                primary = primary or label.startswith("*")
                label = label.removeprefix("*").strip()
            label = label if self.preset == "phonehub" else in_our_words(label)
            if field == "address":
                lines = [parts.get(part, "") for part in ADDRESS_PARTS]
                if any(lines):
                    found.setdefault(field, []).append(Address._make((*lines, label, primary)))
            elif "text" in parts:
                found.setdefault(field, []).extend(
                    Labelled(text.strip(), label, primary) for text in self._texts(field, parts["text"]) if text.strip()
                )
        for field, name in (("number", "numbers"), ("email", "emails"), ("url", "urls"), ("address", "addresses")):
            if field in found:
                told[name] = tuple(found[field])


def _unpack(told: dict[str, Any], text: str, limits: Limits) -> None:
    """Add what stands in the column for what no column is there for: content lines of a vCard."""
    found, _, pure = ContentLines().read(text.encode())
    building = Building(limits, pure=pure)
    building.take(found)
    if (rest := building.contact()) is not None:
        for name in ("numbers", "emails", "urls", "addresses", "extra"):
            if more := getattr(rest, name):
                told[name] = (*told.get(name, ()), *more)
        if rest.photo:
            told["photo"] = rest.photo


def _groups(text: str, *, ours: bool) -> tuple[str, ...]:
    if ours:
        return tuple(clean(item) for item in items(text))
    parts = text.split(_SEVERAL.strip()) if _SEVERAL.strip() in text else re.split("[;,]", text)
    return tuple(dict.fromkeys(group for part in parts if (group := part.strip().removeprefix("*").strip())))


def _date(text: str, *, day_first: bool) -> str:
    """Return a date as a contact holds it; Outlook's `0.0.00` is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return birthday(text)
    a, b, c = map(int, match.groups())
    if not any((a, b, c)):
        return ""
    year, month, day = (a, b, c) if len(match[1]) == 4 else (c, b, a) if day_first or "." in text else (c, a, b)  # noqa: PLR2004
    if month > 12 >= day:  # noqa: PLR2004
        month, day = day, month
    is_date = 1 <= month <= 12 and 1 <= day <= 31 and year > 99  # noqa: PLR2004
    return f"{year:04}-{month:02}-{day:02}" if is_date else text


def _guessed(cells: list[str]) -> list[Column | None]:
    """Return what the columns of a file without headings are, by its first row: words and numbers."""
    columns: list[Column | None] = []
    for cell in cells:
        if _NUMBER.fullmatch(cell):
            columns.append(Column("number", "", "", "text"))
        elif "@" in cell:
            columns.append(Column("email", "", "", "text"))
        elif cell and Column("description") not in columns:
            columns.append(Column("description"))
        else:
            columns.append(None)
    return columns
