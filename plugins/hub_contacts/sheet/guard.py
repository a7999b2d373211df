"""Keeps spreadsheets from running cells as formulas or making figures and dates of them: an apostrophe before them.

It can be undone: `unguard(guard(text)) == text` for every text.
"""

from __future__ import annotations

import re

# an apostrophe too, so that one that was there is told from one that was put there
_DANGEROUS = re.compile(r"[=+\-@\t\r'＝＋－＠]|[\d.,:/() -]*\d[\d.,:/()eE% +-]*\Z")  # noqa: RUF001  the wide ones too


def guard(text: str) -> str:
    """Return a cell as it is written."""
    return f"'{text}" if text and _DANGEROUS.match(text) else text


def unguard(text: str) -> str:
    """Return a cell as it was before `guard`."""
    return text[1:] if text.startswith("'") and _DANGEROUS.match(text, 1) else text
