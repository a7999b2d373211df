"""Makes text from the wire harmless before a terminal sees it."""

from __future__ import annotations

import unicodedata

LONGEST = 200
"""Characters of a piece of text that are shown."""
_JOINERS = "\u200c\u200d"


def printable(text: object, longest: int = LONGEST) -> str:
    """Return text that moves no cursor, changes no colour and turns no direction: such characters as their escape."""
    whole = str(text)
    shown = whole if len(whole) <= longest else f"{whole[: longest - 1]}…"
    return "".join(character if _is_harmless(character) else _escaped(character) for character in shown)


def _is_harmless(character: str) -> bool:
    """Letters, marks and spaces are, and the joiners that Persian, Hindi and emoji are written with."""
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
