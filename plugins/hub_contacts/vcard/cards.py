"""Cuts a file into its cards, never holding more than one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hub_contacts.charset import lines, utf8_chunks
from hub_contacts.refused import LIMITS, Limits, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# begins with a line feed, which is looked for much faster than any letter of either case; a byte order mark may follow
# where files were put together
_EDGE = re.compile(
    rb"\n(?:\xef\xbb\xbf)?(?:([Bb][Ee][Gg][Ii][Nn])|[Ee][Nn][Dd])[\t ]*:[\t ]*[Vv][Cc][Aa][Rr][Dd][\t ]*(?=\n)"
)
_JOINED = re.compile(rb"(?i)(\nEND:VCARD)[\t ]*(?=BEGIN:VCARD[\t ]*\n)")
_AGENT = re.compile(rb"(?i)(?:[\w-]+\.)?AGENT(?:;[^:]*)?(?::|$)")
_NAME = re.compile(rb"(?:^|\n)(?:FN|N|ORG|TEL|EMAIL)(?:;[^:\n]*)?:([^\n]+)", re.IGNORECASE)


class Card(NamedTuple):
    """What stands between the BEGIN in this line and its END: UTF-8 or what else came, a line feed after each line."""

    line: int
    data: bytes


def cards(stream: BinaryIO, limits: Limits = LIMITS) -> Iterator[Card | Refused]:
    """Read the cards of a file; cards within cards stay where they are."""
    opened = _Open(limits)
    line, before = 1, b"\n"
    for piece in lines(utf8_chunks(stream)):
        part = before + piece
        before = piece[-1:]
        if b"BEGIN:" in part or b"begin:" in part:
            part = _JOINED.sub(rb"\1\n", part)
        yield from _cut(part, line, opened)
        line += piece.count(b"\n")
    if told := opened.left("the file ends before the card does"):
        yield told


def _cut(part: bytes, line: int, opened: _Open) -> Iterator[Card | Refused]:
    """Work off whole lines; `part` has the last byte of what was before at its start."""
    done = 1
    limits = opened.limits
    for edge in _EDGE.finditer(part):
        start, end = edge.span()
        between = part[done : start + 1]
        line_count = between.count(b"\n")
        if edge[1] and not (between or opened.depth or opened.line):  # most cards begin behind the one before,
            opened.depth, opened.line = 1, line
            line += 1
            done = end + 1
            continue
        if (
            not edge[1]
            and opened.depth == 1
            and not opened.size
            and len(between) <= limits.card
            and line_count <= limits.card_lines
        ):
            yield Card(opened.line, between)  # and stand in one piece
            opened.depth = opened.line = 0
            line += line_count + 1
            done = end + 1
            continue
        opened.add(between, line)
        line += line_count
        if edge[1]:
            if opened.depth and not opened.in_agent:
                opened.put_back()
            if (not opened.depth) and (told := opened.left("the next card begins before this one has ended")):
                yield told
            opened.begin(part[start + 1 : end + 1], line)
        elif opened.depth:
            if whole := opened.end(part[start + 1 : end + 1]):
                yield whole
        elif told := opened.left("", "a card ends here that has not begun: BEGIN:VCARD is missing"):
            yield told
        else:
            yield Refused(line, "END:VCARD without a card")
        line += 1
        done = end + 1
    opened.add(part[done:], line)


@dataclass(slots=True)
class _Open:
    """The card that is open, or the text outside of any, which is no more than a line number."""

    limits: Limits
    depth: int = 0
    line: int = 0
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    line_count: int = 0
    last: bytes = b""
    reason: str = ""
    unended: bool = False

    def add(self, data: bytes, line: int) -> None:
        if not self.depth:
            if data and not self.line and (text := data.lstrip()):
                self.line = line + data.count(b"\n", 0, len(data) - len(text))
            return
        self.size += len(data)
        if data.strip():
            self.last = data
        if self.reason:
            return
        self.parts.append(data)
        self.line_count += data.count(b"\n")
        if self.size > self.limits.card:
            self.reason = f"the card is larger than {self.limits.card:,} bytes"
        elif self.line_count > self.limits.card_lines:
            self.reason = f"the card has more than {self.limits.card_lines:,} lines"
        if self.reason:
            self._shorten()

    @property
    def in_agent(self) -> bool:
        """Whether the last line is one that a card may follow in a card."""
        text = self.last.rstrip()
        return bool(_AGENT.match(text, text.rfind(b"\n") + 1))

    def begin(self, edge: bytes, line: int) -> None:
        self.depth += 1
        if self.depth == 1:
            self.line = line
            return
        self.add(edge, line)
        if self.depth > self.limits.depth and not self.reason:
            self.reason = f"there are cards within cards, more than {self.limits.depth} deep"
            self._shorten()

    def end(self, edge: bytes) -> Card | Refused | None:
        self.depth -= 1
        if self.depth:
            self.add(edge, 0)
            return None
        whole = Refused(self.line, self._told(self.reason)) if self.reason else Card(self.line, b"".join(self.parts))
        self._clear()
        return whole

    def put_back(self) -> None:
        """Close what was never ended, to be told of."""
        self.depth = 0
        self.unended = True

    def left(self, reason: str, outside: str = "this stands outside of any card") -> Refused | None:
        """Return the refusal of a card that was not ended, for the reason given, or else of text outside of cards."""
        if not self.line:
            return None
        is_card = self.depth or self.unended
        told = self._told(self.reason or f"{reason}: END:VCARD is missing") if is_card else outside
        refused = Refused(self.line, told)
        self._clear()
        return refused

    def _told(self, reason: str) -> str:
        found = _NAME.search(b"".join(self.parts[:4])[:4096])
        name = found[1].decode("utf-8", "replace").strip(" ;")[:60] if found else ""
        return f"{reason} ({name})" if name else reason

    def _shorten(self) -> None:
        self.parts = [b"".join(self.parts)[:4096]]

    def _clear(self) -> None:
        self.depth = self.line = self.size = self.line_count = 0
        self.parts.clear()
        self.reason, self.last = "", b""
        self.unended = False
