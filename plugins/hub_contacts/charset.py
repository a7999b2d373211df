"""What bytes say: in the charset that was declared, if that is true, else in the likeliest."""

from __future__ import annotations

import codecs
from encodings import aliases, normalize_encoding
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

FALLBACK = "cp1252"
CHUNK = 65536
_KNOWN = {*aliases.aliases, *aliases.aliases.values()}
_NO_CHARSETS = ("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")
_MANY_BYTES = ("gb", "big5", "shift", "cp932", "cp949", "cp950", "euc", "johab", "hz", "iso2022", "utf_7", "utf_16")


def charset(declared: str) -> str:
    """Return Python's name of a charset, empty if there is no such or it is UTF-8."""
    return _charset(declared[:40])


@lru_cache(maxsize=256)
def _charset(declared: str) -> str:
    name = normalize_encoding(declared.strip("\"' ")).lower()
    name = aliases.aliases.get(name, name)
    is_text = name in _KNOWN and name not in _NO_CHARSETS and not name.endswith("_codec") and name != "rot_13"
    return name if is_text and name not in {"utf_8", "ascii"} else ""


def decoded(data: bytes, declared: str = "", fallback: str = FALLBACK) -> str:
    """Return the text of bytes; never fails.

    UTF-8 is tried before a single-byte charset that was declared: other text is next to never valid UTF-8, while
    exporters often declare the wrong one. Surrogates in UTF-8, as old phones write them, become what they mean.
    """
    name = charset(declared) if declared else ""
    if name.startswith(_MANY_BYTES):
        try:
            return data.decode(name)
        except UnicodeError:
            pass
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("utf-8", "surrogatepass")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    except UnicodeError:
        pass
    for each in (name, fallback):
        try:
            if each:
                return data.decode(each)
        except UnicodeError:
            pass
    return data.decode("latin-1")


def utf16(start: bytes) -> str:
    """Return which UTF-16 a file is in by its first bytes, with a byte order mark or without; empty if in none."""
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    pairs = start[: len(start) // 2 * 2]
    odd, even = pairs[1::2].count(0), pairs[::2].count(0)
    most = len(pairs) // 4
    return "utf-16-le" if odd > most and even * 4 < odd else "utf-16-be" if even > most and odd * 4 < even else ""


def utf8_chunks(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """Read a file in pieces, those of UTF-16 turned into UTF-8, without a byte order mark."""
    first = stream.read(size)
    if encoding := utf16(first[:512]):
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        yield decoder.decode(first).removeprefix("\ufeff").encode("utf-8", "replace")
        while piece := stream.read(size):
            yield decoder.decode(piece).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    yield first.removeprefix(codecs.BOM_UTF8)
    while piece := stream.read(size):
        yield piece


def lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut pieces anew so that each ends where a line does, with line feeds for the ends of all lines.

    The last one gets the line feed that it lacks. A line that is longer than a piece comes in pieces without one.
    """
    rest, held = b"", b""
    for chunk in chunks:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        piece = whole[:-1] if held else whole
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
        if len(rest) > CHUNK:
            yield rest
            rest = b""
    if rest or held:
        yield rest + b"\n"
