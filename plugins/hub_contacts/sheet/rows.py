"""Cuts a CSV file into rows, each with the physical line where it begins; never holds more than a few."""

from __future__ import annotations

import csv
import re
from collections import deque
from typing import TYPE_CHECKING

from hub_contacts.charset import FALLBACK, decoded, lines
from hub_contacts.refused import LIMITS, Limits, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = tuple[int, list[str]]
_DELIMITERS = ",;\t|"


class Lines:
    """The physical lines of a file, counted; lines can be put back."""

    def __init__(self, chunks: Iterable[bytes], encoding: str, limits: Limits) -> None:
        self._pieces = lines(iter(chunks))
        self._encoding = encoding
        self._limits = limits
        self._waiting: deque[bytes] = deque()
        self._back: deque[str] = deque()
        self.line = 0
        self.too_long: list[int] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        self.line += 1
        if self._back:
            return self._back.popleft()
        try:
            return self._decoded(self._whole())
        except StopIteration:
            self.line -= 1
            raise

    def put_back(self, taken: Iterable[str]) -> None:
        """Give lines again, the next ones first."""
        given = list(taken)
        self.line -= len(given)
        self._back.extendleft(reversed(given))

    def _whole(self) -> bytes:
        """Return the next line; of one that is too long, only its beginning."""
        parts: list[bytes] = []
        size = 0
        while True:
            if not self._waiting:
                try:
                    self._waiting.extend(next(self._pieces).splitlines(keepends=True))
                except StopIteration:
                    if parts:
                        return b"".join(parts)
                    raise
                continue
            part = self._waiting.popleft()
            size += len(part)
            if size <= self._limits.row or not parts:
                parts.append(part[: self._limits.row + 1])
            if part.endswith(b"\n"):
                if size > self._limits.row:
                    self.too_long.append(self.line)
                    return b"\n"
                return b"".join(parts)

    def _decoded(self, data: bytes) -> str:
        return decoded(data, self._encoding, self._encoding or FALLBACK)


def rows(source: Lines, delimiter: str, limits: Limits = LIMITS, width: int = 0) -> Iterator[Row | Refused]:
    """Read rows of cells. `width` is the number of columns, by which a quote that is never closed is found out.

    Such a quote would swallow all rows up to the next: then only its own line is refused.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.row))  # of the whole process, but only ever lifted
    for line in source:
        begun = source.line
        if '"' in line:
            taken = [line]
            row, closed = _row(source, delimiter, limits, taken)
        else:  # what the reader would say, in a fraction of the time
            taken, row, closed = [line], line.rstrip("\n").split(delimiter), True
        if source.too_long:
            yield from [Refused(each, f"the line is longer than {limits.row:,} bytes") for each in source.too_long]
            source.too_long.clear()
        if row is None or not closed or _swallowed(row, taken, delimiter, width):
            source.put_back(taken[1:])
            alone = next(csv.reader([taken[0].replace('"', "")], delimiter=delimiter), [])
            if len(alone) == width > 1:
                yield begun, alone
            elif any(cell.strip() for cell in alone):
                yield Refused(begun, f'a quotation mark (") is opened and not closed: {", ".join(alone)[:80]}')
        elif len(row) > limits.columns:
            yield Refused(begun, f"the row has more than {limits.columns:,} columns")
        elif any(cell and not cell.isspace() for cell in row):
            yield begun, row


def _row(source: Lines, delimiter: str, limits: Limits, taken: list[str]) -> tuple[list[str] | None, bool]:
    """Return the next row, and whether its quotes are closed; `taken` gets its further physical lines."""
    closed = True

    def feed() -> Iterator[str]:
        nonlocal closed
        yield taken[0]
        size = len(taken[0])
        for line in source:
            taken.append(line)
            size += len(line)
            if size > limits.row or len(taken) > limits.row_lines:
                break
            yield line
        closed = False  # the reader wants more than there is

    try:
        return next(csv.reader(feed(), delimiter=delimiter)), closed
    except (StopIteration, csv.Error):
        return None, False


def _swallowed(row: list[str], taken: list[str], delimiter: str, width: int) -> bool:
    """Tell whether a row of several lines has swallowed rows that are whole for themselves."""
    if len(taken) < 2 or width < 2 or len(row) == width:  # noqa: PLR2004  one line, one column
        return False
    return any(len(next(csv.reader([line], delimiter=delimiter), [])) == width for line in taken[1:])


def delimiter_of(sample: Iterable[str]) -> str:
    """Return what parts the cells: that which there is most of in the first line that has any, outside of quotes."""
    for line in sample:
        if match := re.match(r"sep=(.)\s*$", line, re.IGNORECASE):
            return match[1]
        bare = re.sub(r'"[^"]*"?', "", line)
        if counts := {each: bare.count(each) for each in _DELIMITERS if each in bare}:
            return max(counts, key=lambda each: counts[each])
    return ","
