"""Writes vCard 3.0 and 4.0, so that reading it again gives the same contact."""

from __future__ import annotations

import re
from binascii import b2a_base64
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from hub_contacts.contact import ContactKind
from hub_contacts.vcard.build import ADDRESS_PARTS, STARRED, birthday
from hub_contacts.vcard.labels import to_apple, types_of
from hub_contacts.vcard.line import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from hub_contacts.contact import Contact, Labelled, Photo, Property

_WIDTH = 75  # octets of a line (RFC 6350, 3.2)
_AT_ONCE = 500
_LONGEST_LABEL = 100  # longer ones are none that TYPE could say
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Version(StrEnum):
    """The versions that are written."""

    V3 = "3.0"
    V4 = "4.0"


def write_vcards(contacts: Iterable[Contact], stream: BinaryIO, version: Version = Version.V4) -> int:
    """Write contacts one after another; returns how many they were."""
    count, waiting = 0, []
    for contact in contacts:
        count += 1
        waiting.append(vcard(contact, version))
        if len(waiting) == _AT_ONCE or contact.photo:
            stream.write("".join(waiting).encode())
            waiting.clear()
    stream.write("".join(waiting).encode())
    return count


def vcard(contact: Contact, version: Version = Version.V4) -> str:
    """Return the card of a contact, with line ends."""
    v4 = version == Version.V4
    lines = ["BEGIN:VCARD", "VERSION:4.0" if v4 else "VERSION:3.0"]
    if contact.description:
        lines.append("FN:" + escape(contact.description))
    else:
        lines.append("FN;DERIVED=TRUE:" + escape(contact.name))
    last, first, middle, prefix, suffix = contact.last, contact.first, contact.middle, contact.prefix, contact.suffix
    if last or first or middle or prefix or suffix:
        lines.append(f"N:{escape(last)};{escape(first)};{escape(middle)};{escape(prefix)};{escape(suffix)}")
    elif not v4:
        lines.append("N:;;;;")
    if contact.department:
        lines.append(f"ORG:{escape(contact.company)};{escape(contact.department)}")
    elif contact.company:
        lines.append("ORG:" + escape(contact.company))
    groups = _free_groups(contact)
    for kind, several in (("TEL", contact.numbers), ("EMAIL", contact.emails), ("URL", contact.urls)):
        for each in several:
            _add(lines, groups, _head(kind, each.label, primary=each.primary, v4=v4), each.label, _value(kind, each))
    for address in contact.addresses:
        value = ";".join([escape(getattr(address, part)) for part in ADDRESS_PARTS])
        _add(lines, groups, _head("ADR", address.label, primary=address.primary, v4=v4), address.label, ":" + value)
    lines += [f"{name}:{escape(text)}" for name, text in _texts(contact) if text]
    _rest(contact, lines, v4=v4)
    lines += [_kept(each) for each in contact.extra]
    lines.append("END:VCARD\r\n")
    text = "\r\n".join(lines)
    if text.isascii() and max(map(len, lines)) <= _WIDTH:
        return text
    return "\r\n".join([line if len(line) <= _WIDTH and line.isascii() else _folded(line) for line in lines])


def _texts(contact: Contact) -> tuple[tuple[str, str], ...]:
    return (
        ("TITLE", contact.job_title),
        ("NOTE", contact.note),
        ("UID", contact.uid),
        ("X-PHONEHUB-LOGIN", contact.login),
        ("X-PHONEHUB-DNIS-NAME", contact.dnis_name),
        ("X-PHONEHUB-DNIS-LANGUAGE", contact.dnis_language),
        ("X-PHONEHUB-SOURCE", contact.source),
        ("X-PHONEHUB-DEVICE", contact.device),
    )


def _rest(contact: Contact, lines: list[str], *, v4: bool) -> None:
    if contact.groups:
        lines.append("CATEGORIES:" + ",".join([escape(group) for group in contact.groups]))
    if contact.favourite or STARRED in contact.groups:
        lines.append(f"X-PHONEHUB-FAVOURITE:{contact.favourite:d}")
    if contact.kind is not ContactKind.PERSONAL:
        lines.append(f"X-PHONEHUB-KIND:{contact.kind}")
    if contact.birthday:
        lines.append(_birthday(contact.birthday, v4=v4))
    if contact.photo:
        lines.append(_photo(contact.photo, v4=v4))


def _head(kind: str, label: str, *, primary: bool, v4: bool) -> tuple[str, bool]:
    """Return name and parameters, and whether the label has to stand in a line of its own."""
    return _cached_head(kind, label[:_LONGEST_LABEL], primary=primary, v4=v4)


@lru_cache(maxsize=1024)
def _cached_head(kind: str, label: str, *, primary: bool, v4: bool) -> tuple[str, bool]:
    types = types_of(label)
    words = [*(types or ())]
    if kind == "EMAIL" and not v4:
        words.insert(0, "INTERNET")
    if primary and not v4:
        words.append("PREF")
    head = kind + (";TYPE=" + ",".join(words) if words else "") + (";PREF=1" if primary and v4 else "")
    return head, types is None


def _free_groups(contact: Contact) -> Iterator[str]:
    taken = {each.group for each in contact.extra}
    number = 0
    while True:
        number += 1
        if (name := f"item{number}") not in taken:
            yield name


def _add(lines: list[str], groups: Iterator[str], head: tuple[str, bool], label: str, value: str) -> None:
    if head[1]:
        group = next(groups)
        lines += [f"{group}.{head[0]}{value}", f"{group}.X-ABLabel:{escape(to_apple(label))}"]
    else:
        lines.append(head[0] + value)


def _value(kind: str, each: Labelled) -> str:
    text = each.text
    if kind == "TEL" and text[:3].lower() == "tel":
        return ";VALUE=text:" + escape(text)
    return ":" + (text.replace("\\", "\\\\").replace("\n", "\\n") if kind == "URL" else escape(text))


def _birthday(text: str, *, v4: bool) -> str:
    if birthday(text) == text and (text.startswith("--") or _DATE.fullmatch(text)):
        if v4:
            return "BDAY:" + (text[:4] + text[5:] if text.startswith("--") else text.replace("-", ""))
        return f"BDAY;X-APPLE-OMIT-YEAR=1604:1604-{text[2:]}" if text.startswith("--") else f"BDAY:{text}"
    return "BDAY;VALUE=text:" + escape(text)


def _photo(photo: Photo, *, v4: bool) -> str:
    data = b2a_base64(photo.data, newline=False).decode()
    if v4:
        return f"PHOTO:data:{photo.media_type};base64,{data}"
    kind = photo.media_type.removeprefix("image/")
    return f"PHOTO;ENCODING=b;TYPE={kind.upper()}:{data}"


def _kept(each: Property) -> str:
    group = f"{each.group}." if each.group else ""
    params = "".join([f";{name}={value}" for name, value in each.params])
    return f"{group}{each.name}{params}:{each.value}"


def _folded(line: str) -> str:
    """Break a line where it is too long, between characters."""
    if line.isascii():
        return "\r\n ".join(
            [line[:_WIDTH], *[line[at : at + _WIDTH - 1] for at in range(_WIDTH, len(line), _WIDTH - 1)]]
        )
    if len(data := line.encode()) <= _WIDTH:
        return line
    pieces, start, width = [], 0, _WIDTH
    while start < len(data):
        end = min(start + width, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # noqa: PLR2004  within a character
            end -= 1
        pieces.append(data[start:end].decode())
        start, width = end, _WIDTH - 1
    return "\r\n ".join(pieces)
