"""The lines of a card as their writer meant them: unfolded, decoded, each with its head understood."""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import TYPE_CHECKING

from hub_contacts.charset import FALLBACK, charset, decoded
from hub_contacts.vcard.line import Head, escape, parse_head, split_head
from hub_contacts.vcard.photo import base64

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDED = re.compile(rb"\n[ \t]")
_SOFT = re.compile(rb"(?i)[^:]*\bquoted-printable\b")
_NEXT = re.compile(
    rb"(?:[\w-]+\.)?"
    rb"(?:(?:TEL|EMAIL|ADR|N|FN|ORG|TITLE|NOTE|URL|BDAY|VERSION|REV|PHOTO)[;:]|[A-Z-]+;(?:CHARSET|ENCODING)=)"
)
_MOST_HEADS = 2048
_REGISTERED = (
    "VERSION PRODID UID REV FN N NICKNAME ORG TITLE ROLE TEL EMAIL ADR LABEL URL NOTE PHOTO LOGO SOUND KEY BDAY AGENT "
    "CATEGORIES MAILER TZ GEO SOURCE NAME KIND XML ANNIVERSARY GENDER IMPP LANG MEMBER RELATED CLIENTPIDMAP CALURI "
    "CALADRURI FBURL CLASS PROFILE SORT-STRING BEGIN END BIRTHPLACE DEATHPLACE DEATHDATE EXPERTISE HOBBY INTEREST "
    "ORG-DIRECTORY"
)
_KNOWN = frozenset(_REGISTERED.split())
_LONG = frozenset(("NOTE", "ADR", "LABEL"))
_BINARY = frozenset(("PHOTO", "LOGO", "SOUND", "KEY"))


class Lines:
    """Reads the content lines of cards; knows the heads that it has seen before, which are few in a file."""

    def __init__(self, fallback: str = FALLBACK) -> None:
        self._heads: dict[str, Head | None] = {}
        self._fallback = fallback

    def read(self, data: bytes) -> tuple[list[tuple[Head, str]], list[str], bool]:
        """Return the properties of a card, the lines that belong to none, and whether all text is clean.

        Values are escaped, but not encoded.
        """
        pure = b"\0" not in data
        if b"rintable" in data or b"RINTABLE" in data:
            data, pure = _with_soft_breaks(data), False
        elif b"\n\t" in data:
            data = _FOLDED.sub(b"", data)
        else:
            data = data.replace(b"\n ", b"")
        try:
            text, broken = data.decode(), False
        except UnicodeDecodeError:
            text, broken, pure = data.decode("utf-8", "surrogateescape"), True, False
        heads = self._heads
        found: list[tuple[Head, str]] = []
        astray: list[str] = []
        add, known = found.append, heads.get
        lines = iter(text.split("\n"))
        for line in lines:
            name, colon, value = line.partition(":")
            head = known(name) if colon else None
            if head is None:
                if not line or line.isspace():
                    continue
                head, value = self._slowly(line, broken=broken)
                if head is None or (found and _is_text(head, found[-1][0], name)):
                    _go_on(found, self._mended(line) if broken else line, astray)
                    continue
            if head.plain and not broken:
                add((head, value))
            elif head.name == "BEGIN":
                _nest(found, line, lines)
            else:
                add((head, self._decoded(head, value)))
        return found, astray, pure

    def _slowly(self, line: str, *, broken: bool) -> tuple[Head | None, str]:
        text, colon, value = split_head(line) if '"' in line else line.partition(":")
        if not colon:
            return None, value
        if text in self._heads:
            return self._heads[text], value
        head = parse_head(self._mended(text) if broken else text)
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        if text == line.partition(":")[0] and len(text) < 200:  # noqa: PLR2004  longer ones do not come again
            self._heads[text] = head
        return head, value

    def _decoded(self, head: Head, value: str) -> str:
        data = value.encode("utf-8", "surrogateescape")
        if head.encoding not in {"Q", "T"}:
            seven_bit = charset(head.charset).startswith(("iso2022", "hz", "utf_7"))
            return value if data.isascii() and not seven_bit else decoded(data, head.charset, self._fallback)
        text = decoded(a2b_qp(data) if head.encoding == "Q" else base64(value), head.charset, self._fallback)
        return (
            text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
            if "\n" in text or "\r" in text
            else text
        )

    def _mended(self, text: str) -> str:
        return text if text.isascii() else decoded(text.encode("utf-8", "surrogateescape"), "", self._fallback)


def _with_soft_breaks(data: bytes) -> bytes:
    """Unfold a card with quoted-printable in it: there a line goes on after a final `=`, with all its white space."""
    out: list[list[bytes]] = []
    soft = goes_on = False
    for line in data.split(b"\n"):
        if goes_on and not _NEXT.match(line):
            out[-1][-1] = out[-1][-1].rstrip(b" \t")[:-1]
            out[-1].append(line)
        elif line[:1] in (b" ", b"\t") and out:
            out[-1].append(line[1:])
        else:
            out.append([line])
            soft = bool(_SOFT.match(line))
        goes_on = soft and line.rstrip(b" \t").endswith(b"=")
    return b"\n".join([b"".join(parts) for parts in out])


def _is_text(head: Head, before: Head, name: str) -> bool:
    """Tell whether a line is rather the next line of a note than a property: `Call at: noon`."""
    return (
        before.name in _LONG
        and head.name not in _KNOWN
        and not head.name.startswith("X-")
        and not head.params
        and name != name.upper()
    )


def _go_on(found: list[tuple[Head, str]], line: str, astray: list[str]) -> None:
    """Put a line that is no property to the one before, as writers do that do not fold."""
    name = line.partition(";")[0]
    if not found or (name.upper() in _KNOWN and name != line):  # a property without its colon
        astray.append(line)
        return
    head, value = found[-1]
    if head.encoding in {"B", "T"} or head.name in _BINARY:
        found[-1] = (head, value + line.strip())
    elif head.name in _LONG:
        found[-1] = (head, f"{value}\\n{line}")
    else:
        found[-1] = (head, f"{value} {line.strip()}")


def _nest(found: list[tuple[Head, str]], line: str, lines: Iterator[str]) -> None:
    """Make one value of a card within the card, as vCard 3.0 writes an AGENT."""
    inner = [line]
    depth = 1
    for each in lines:
        inner.append(each)
        word = each.strip().upper()
        depth += word == "BEGIN:VCARD"
        depth -= word == "END:VCARD"
        if not depth:
            break
    if found and not found[-1][1].strip():
        found[-1] = (found[-1][0], escape("\n".join(inner)))
    else:
        found.append((Head("AGENT"), escape("\n".join(inner))))
