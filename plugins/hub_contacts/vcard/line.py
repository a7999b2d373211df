"""Content lines of vCard: what stands before the colon, and the escapes of what stands behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub_contacts.vcard.labels import label_of

_HEAD = re.compile(r"(?:([A-Za-z0-9_-]+)\.)?([A-Za-z][A-Za-z0-9_-]*)[ \t]*(?:;(.*))?", re.DOTALL)
_WHOLE = re.compile(r'((?:[^":]++|"[^"]*+")*+):(.*)', re.DOTALL)
_PARAM = re.compile(r'((?:[^";]++|"[^"]*+"?)++)')
_VALUES = re.compile(r'"([^"]*)"|([^",]+)')
_ENCODINGS = {"QUOTED-PRINTABLE": "Q", "Q": "Q", "BASE64": "B", "B": "B", "8BIT": "", "7BIT": ""}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TEXTS = frozenset(
    ("FN", "N", "ORG", "TITLE", "NOTE", "ADR", "TEL", "EMAIL", "URL", "LABEL", "ROLE", "NICKNAME", "CATEGORIES", "BDAY")
)
_SAME = {"X-MS-TEL": "TEL", "X-CATEGORIES": "CATEGORIES"}
_MEANS = {"n": "\n", "N": "\n"}
_MEANT = (("\\n", "\n"), ("\\N", "\n"), ("\\,", ","), ("\\;", ";"), ("\\:", ":"), ('\\"', '"'))
_PART = re.compile(r"(?:[^\\;]++|\\.?)*+", re.DOTALL)
_ITEM = re.compile(r"(?:[^\\,]++|\\.?)*+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the colon. `types` are the values of TYPE, with those that vCard 2.1 gives no name.

    `encoding` is `Q` for quoted-printable, `B` for base64, `T` for text in base64, which is written for no reason.
    """

    name: str
    group: str = ""
    params: tuple[tuple[str, str], ...] = ()
    types: tuple[str, ...] = ()
    encoding: str = ""
    charset: str = ""
    value: str = ""
    preference: int = 0
    label: str = ""
    plain: bool = True
    """Whether the value is what stands there."""

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """The parameters that still say something once the value is text."""
        gone = ("CHARSET",) if self.encoding == "B" else ("CHARSET", "ENCODING")
        return tuple(param for param in self.params if param[0] not in gone)

    def param(self, name: str) -> str:
        """Return a parameter's first value without quotes; empty if there is none."""
        return next((value.strip('"') for each, value in self.params if each == name), "")


def parse_head(text: str) -> Head | None:
    """Return what a head says, None if this is none."""
    match = _HEAD.fullmatch(text)
    if match is None:
        return None
    params: list[tuple[str, str]] = []
    types: list[str] = []
    encoding = ""
    preference = 0
    for param in _PARAM.findall(match[3] or ""):
        name, value = _param(param)
        params.append((name, value))
        if name == "TYPE":
            types += [value] if "(" in value else _values(value)
        elif name == "ENCODING":
            encoding = _ENCODINGS.get(value.strip('"').upper(), encoding)
        elif name == "PREF":
            preference = int(value.strip('"')) if re.fullmatch(r'"?[0-9]{1,3}"?', value) else 100
    if not preference and any(each.lower() == "pref" for each in types):
        preference = 1
    first = {name: value.strip('"') for name, value in reversed(params)}
    name = match[2].upper().replace("_", "-")
    name = _SAME.get(name, name)
    if encoding == "B" and name in _TEXTS:
        encoding = "T"
    return Head(
        name=name,
        group=match[1] or "",
        params=tuple(params),
        types=tuple(types),
        encoding=encoding,
        charset=first.get("CHARSET", ""),
        value=first.get("VALUE", "").lower(),
        preference=preference,
        label=label_of(types),
        plain=encoding not in {"Q", "T"} and not first.get("CHARSET") and match[2].upper() != "BEGIN",
    )


def _param(text: str) -> tuple[str, str]:
    """Return name and value of a parameter; vCard 2.1 has values alone, which tell what they are."""
    name, has_value, value = text.partition("=")
    if has_value and "(" not in name:
        return name.strip().upper(), value.strip()
    value = text.strip()
    if value.upper() in _ENCODINGS:
        return "ENCODING", value
    return "VALUE" if value.upper() in {"URL", "INLINE", "CONTENT-ID", "CID"} else "TYPE", value


def split_head(line: str) -> tuple[str, str, str]:
    """Part a line at the colon behind its head, where colons stand in quotes before."""
    match = _WHOLE.fullmatch(line)
    return (match[1], ":", match[2]) if match else line.partition(":")


def _values(text: str) -> list[str]:
    return [
        part.strip()
        for quoted, bare in _VALUES.findall(text.replace("\\,", ","))
        for part in (quoted or bare).split(",")
    ]


def unescape(value: str) -> str:
    """Return the text that a value means (RFC 6350, 3.4), that of colons, which Google writes, too; others stay."""
    if "\\" not in value:
        return value
    if "\\\\" in value:
        return _ESCAPE.sub(_meant, value)
    for written, meant in _MEANT:  # the same in a fraction of the time, where no backslash is meant
        value = value.replace(written, meant)
    return value


def _meant(escape: re.Match[str]) -> str:
    character = escape[1]
    return _MEANS.get(character) or (character if character in '\\;,:"' else escape[0])


def escape(text: str) -> str:
    """Return a text as a value says it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "," in text:
        text = text.replace(",", "\\,")
    if ";" in text:
        text = text.replace(";", "\\;")
    return text.replace("\n", "\\n") if "\n" in text else text


def parts(value: str) -> list[str]:
    """Split a structured value at its semicolons, and unescape its parts."""
    if "\\" not in value:
        return value.split(";")
    return [unescape(part) for part in (_split(_PART, value) if "\\;" in value else value.split(";"))]


def items(value: str) -> list[str]:
    """Split a list of values at its commas, and unescape them."""
    if "\\" not in value:
        return value.split(",")
    return [unescape(part) for part in _split(_ITEM, value)]


def _split(piece: re.Pattern[str], value: str) -> list[str]:
    found, at = [], 0
    while at <= len(value):
        match = piece.match(value, at)
        end = match.end() if match else len(value)
        found.append(value[at:end])
        at = end + 1
    return found
