"""What a number is for: the types of vCard, Apple's labels, and the words that we have for them."""

from __future__ import annotations

import re
from binascii import a2b_qp
from functools import lru_cache
from typing import TYPE_CHECKING

from hub_contacts.charset import decoded
from hub_contacts.contact import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAYS_NOTHING = frozenset(
    [
        "voice",
        "pref",
        "internet",
        "x400",
        "msg",
        "text",
        "intl",
        "dom",
        "postal",
        "parcel",
        "uri",
        "jpeg",
        "jpg",
        "png",
        "gif",
        "smtp",
    ]
)
_WORDS = {"cell": "mobile", "workfax": "work fax", "homefax": "home fax", "x-mobil": "mobile"}
_LONGEST = 500  # characters of a label that may be one of ours
_PLACES = ("work", "home")
_TYPES = {
    "work": "WORK", "home": "HOME", "mobile": "CELL", "fax": "FAX", "pager": "PAGER", "car": "CAR", "main": "MAIN",
    "video": "VIDEO", "isdn": "ISDN", "modem": "MODEM", "bbs": "BBS", "pcs": "PCS", "other": "OTHER",
    "textphone": "TEXTPHONE", "iphone": "IPHONE",
}  # fmt: skip
_APPLE = re.compile(r"_\$!<(.*)>!\$_", re.DOTALL)
_APPLE_WORDS = {
    **{word: word for word in (*_TYPES, "homepage", "anniversary", "assistant", "school", "work fax", "home fax")},
    "workfax": "work fax", "homefax": "home fax", "otherfax": "other fax", "cell": "mobile", "mobil": "mobile",
}  # fmt: skip
_CUSTOM = re.compile(r"x-custom\((?:.*,)?\s*([^,]*)\)", re.DOTALL)


def label_of(types: Iterable[str]) -> str:
    """Return the label for the values of TYPE: place first, then kind, in our words."""
    words: list[str] = []
    for given in types:
        word = given.strip().lower()
        if custom := _CUSTOM.fullmatch(word[:_LONGEST]):
            word = clean(decoded(a2b_qp(custom[1].upper().encode())))
        word = _WORDS.get(word, word)
        if word and word not in _SAYS_NOTHING and word not in words:
            words.append(word.removeprefix("x-"))
    words.sort(key=lambda word: _PLACES.index(word) if word in _PLACES else len(_PLACES))
    return " ".join(words)


def types_of(label: str) -> tuple[str, ...] | None:
    """Return the values of TYPE that say a label, None if they cannot."""
    return _types_of(label) if len(label) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _types_of(label: str) -> tuple[str, ...] | None:
    types = [_TYPES.get(word, "") for word in label.split(" ")] if label else []
    return tuple(types) if all(types) and label_of(types) == label else None


def from_apple(text: str) -> str:
    """Return the label that an X-ABLabel says."""
    own = _APPLE.fullmatch(text)
    return _APPLE_WORDS.get(own[1].lower(), own[1]) if own else text


def to_apple(label: str) -> str:
    """Return the X-ABLabel that says a label."""
    return f"_$!<{label}>!$_" if _APPLE.fullmatch(label) else label


def in_our_words(text: str) -> str:
    """Return a label that a person or another program wrote, in our words where we have them."""
    lower = " ".join(text.lower().split())
    return _APPLE_WORDS.get(lower) or (lower if types_of(lower) else from_apple(text))
