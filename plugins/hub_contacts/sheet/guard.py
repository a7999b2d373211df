"""Keeps spreadsheets from running cells as formulas or making figures and dates of them: an apostrophe before them.

It can be undone: `unguard(guard(text)) == text` for every text.
"""

from __future__ import annotations

import re

_LONGEST = 64  # characters of a figure or a date; of longer ones the check would take too long
_FIRST = frozenset("=+-@\t\r'＝＋－＠")  # noqa: RUF001  an apostrophe too, to tell one that was there from one put there
_FIGURE = re.compile(r"[\d.,:/() -]*\d[\d.,:/()eE% +-]*")


def guard(text: str) -> str:
    """Return a cell as it is written."""
    return f"'{text}" if _is_dangerous(text) else text


def unguard(text: str) -> str:
    """Return a cell as it was before `guard`."""
    return text[1:] if text.startswith("'") and _is_dangerous(text[1:]) else text


def _is_dangerous(text: str) -> bool:
    return text[:1] in _FIRST or (len(text) <= _LONGEST and _FIGURE.fullmatch(text) is not None)
