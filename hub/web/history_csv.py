"""The call history as CSV (RFC 4180) for spreadsheets, which run nothing that a caller chose as a name. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = (
    "started", "answered", "ended", "duration", "direction", "outcome", "name", "number", "e164", "national", "dnis",
    "dnis_name", "queue", "line", "device", "orbit", "internal", "recordings", "notes", "codec", "jitter", "loss",
    "mos", "id", "conversation",
)  # fmt: skip
"""What stands in a row, by its name in the API."""
_MEASURED = frozenset({"codec", "jitter", "loss", "mos"})
MARK = "\ufeff"
"""What a file begins with, so that spreadsheets read it as UTF-8."""
_FORMULA = frozenset("=+-@\t\r\n'＝＋－＠")  # noqa: RUF001  full-width ones too: some spreadsheets take them


def heading() -> str:
    """Return the first line, after the mark."""
    return MARK + _lines([COLUMNS])


def rows(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return a line for each entry of the history, in its public form.

    A cell that a spreadsheet might take for a formula has an apostrophe before it, which the spreadsheet hides. Numbers
    have one too, else it would drop a plus or leading zeros.
    """
    return _lines([_cell(name, _value(entry, name)) for name in COLUMNS] for entry in entries)


def _value(entry: Mapping[str, Any], name: str) -> Any:
    return (entry["network"] or {}).get(name) if name in _MEASURED else entry[name]


def _cell(name: str, value: Any) -> str:
    match name:
        case "notes":
            return _harmless("\n".join(note["text"] for note in value))
        case "recordings":
            return _harmless(" ".join(value))
        case "number" | "e164" | "national" | "dnis":
            return f"'{value}" if value else ""
        case "internal":
            return "true" if value else "false"
        case "duration" | "jitter" | "loss" | "mos":
            return "" if value is None else f"{value:g}"
    return _harmless("" if value is None else str(value))


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in _FORMULA else text


def _lines(cells: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(cells)
    return text.getvalue()
