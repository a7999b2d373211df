"""From text as people, pages and phone systems write it to the keys of a telephone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers

LONGEST = 256
"""How many characters of a number are looked at and kept; no real one comes near."""

_ADDRESS = re.compile(r"<([^<>]*)>\s*$")
_SCHEME = re.compile(r"(tel|callto|sips?|phone):/*", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"([a-z][a-z0-9.+-]*):", re.IGNORECASE)
_EXTENSION = re.compile(r"(?<=[\d)\s])\s*(?:ext(?:ension)?|x)[.:\s]*(\d{1,15})\s*$", re.IGNORECASE)
_PAUSES = re.compile(r"(?<=[\d)\s])[pw,][\d\s,pw*#]*$", re.IGNORECASE)
_LETTERS = re.compile(r"\+?\d{3,}[A-Za-z]{3,}\d*")
_KEYS = re.compile(r"\+?[\d*#]*\d[\d*#]*|[*#]+", re.ASCII)
_SEPARATORS = frozenset("()[]./~\\")
_WITHHELD = frozenset(
    (
        "", "anonymous", "blocked", "caller id unavailable", "id unavailable", "no caller id", "no number",
        "not available", "null", "number withheld", "o", "out of area", "p", "private", "private number", "restricted",
        "unavailable", "unknown", "unknown caller", "unknown number", "withheld",
    )
)  # fmt: skip
_TO_PLAIN = {0xFF0B: "+", 0xFF0A: "*", 0xFF03: "#"}


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a piece of text: `keys` is a `+` perhaps and digits, `*`, `#`; empty where it has no number.

    `withheld` says that the text names nobody. `extension` is what is to be keyed after the answer, `context` the start
    of a number in E.164 that a `tel:` link says is to be thought before its own (RFC 3966, `phone-context`), `scheme`
    that of a link, in lower case.
    """

    keys: str = ""
    withheld: bool = False
    extension: str = ""
    context: str = ""
    scheme: str = ""


def bounded(text: str) -> str:
    """Return the first `LONGEST` characters, fit to be stored: what is no character (a lone surrogate) becomes `?`."""
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """Return the text without what separates or formats, its digits in ASCII.

    Decimal digits of every script count as what they are worth; direction marks and other invisible characters go, so
    that a number copied from right-to-left text is the same number. Control characters stay, and so spoil it.
    """
    kept = []
    for character in text.translate(_TO_PLAIN):
        if "0" <= character <= "9":
            kept.append(character)
        elif not (character in _SEPARATORS or character.isspace() or unicodedata.category(character) in {"Cf", "Pd"}):
            kept.append(str(unicodedata.decimal(character, character)))
    return "".join(kept)


def for_display(text: str) -> str:
    """Return the text on one line without control, format and private characters: a hostile caller may have sent it."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
    return " ".join("".join(kept).split())


def read(text: str) -> Written:
    """Read text that may be a link, a SIP address, a number however written, or nothing; never raises.

    Takes `tel:` in full (RFC 3966), `callto:`, `sip:`, and what real pages make of them: `tel://`, encoded signs, a
    query, doubled plus signs, pauses, `ext. 12`. Of a SIP address the host is left aside. Letters count as keys (ITU-T
    E.161) only after three digits and in a long number.
    """
    text = text[:LONGEST]
    if address := _ADDRESS.search(text):
        text = address[1]
    text = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    scheme = ""
    if link := _SCHEME.match(text):
        scheme = link[1].lower()
        text = unquote(text[link.end() :].partition("@")[0].partition("?")[0]).strip()
        if scheme.startswith("sip"):
            text = text.partition(":")[0]
    elif link := _ANY_SCHEME.match(text):
        scheme = link[1].lower()
    if text.casefold().strip(" -_.") in _WITHHELD:
        return Written(withheld=not scheme or scheme.startswith("sip"), scheme=scheme)
    number, *rest = text.split(";")
    parameters = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in rest)}
    extension = parameters.get("ext", "")
    if found := _EXTENSION.search(number):
        extension, number = found[1], number[: found.start()]
    number = _PAUSES.sub("", number)
    return Written(
        keys=_keys(number),
        extension=_digits(extension),
        context=_context(parameters.get("phone-context", "")),
        scheme=scheme,
    )


_LONGEST_EXTENSION_OF_LETTERS = 7


def _keys(number: str) -> str:
    keys = plain(number)
    if keys.startswith("++"):
        keys = "+" + keys.lstrip("+")
    if _LETTERS.fullmatch(keys) and len(keys) > _LONGEST_EXTENSION_OF_LETTERS:
        keys = phonenumbers.convert_alpha_characters_in_number(keys)
    return keys if _KEYS.fullmatch(keys) else ""


def _digits(text: str) -> str:
    digits = plain(text)
    return digits if digits.isdecimal() else ""


def _context(text: str) -> str:
    context = plain(text)
    return context if context.startswith("+") and context[1:].isdecimal() else ""
