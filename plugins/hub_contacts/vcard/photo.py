"""Pictures in vCards: base64 of several looks. Addresses of pictures are not fetched."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from typing import TYPE_CHECKING

from hub_contacts.contact import Photo

if TYPE_CHECKING:
    from hub_contacts.vcard.line import Head

_DATA = re.compile(r"data:([^,;\\]*)((?:\\?;[^,;\\]*)*)\\?,", re.IGNORECASE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"),
)  # fmt: skip
_NO_FORMAT = frozenset(("pref", "home", "work", "base64", "b", "internet"))


def photo_of(head: Head, value: str) -> Photo | None:
    """Return the picture that a property holds; None if it only says where one is, or holds nothing to read."""
    media_type = ""
    if address := _DATA.match(value):
        media_type = address[1].lower()
        if "base64" not in address[2].lower():
            return None
        value = value[address.end() :]
    elif head.encoding != "B" and (head.value in {"uri", "url"} or "://" in value[:20]):
        return None
    data = base64(value)
    known = next((kind for start, kind in _MAGIC if data.startswith(start)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        known = "image/webp"
    if not data or (head.encoding != "B" and not address and not known):
        return None
    if not media_type:
        named = next((word.lower() for word in head.types if word.lower() not in _NO_FORMAT), "")
        media_type = head.param("MEDIATYPE").lower() or (named if "/" in named else named and f"image/{named}")
    return Photo(data, media_type.replace("image/jpg", "image/jpeg") or known or "application/octet-stream")


def base64(value: str) -> bytes:
    """Return the bytes that base64 says, as much as can be read of it."""
    try:
        return a2b_base64(value)
    except (Error, ValueError):
        text = _NOT_BASE64.sub("", value)
        text = text[: len(text) - (len(text) % 4 == 1)]
        return a2b_base64(text + "=" * (-len(text) % 4))
