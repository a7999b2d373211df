"""Output: tables for people, JSON for programs. What came from the wire is made harmless before a terminal sees it."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LONGEST = 200
"""Characters of a piece of text that are shown."""
_JOINERS = "\u200c\u200d"

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
"""The option of a command that prints something."""


def printable(text: object, longest: int = LONGEST) -> str:
    """Return text that moves no cursor, changes no colour and turns no direction: such characters as their escape."""
    whole = str(text)
    shown = whole if len(whole) <= longest else f"{whole[: longest - 1]}…"
    return "".join(character if _is_harmless(character) else _escaped(character) for character in shown)


def print_json(value: Any) -> None:
    """Print JSON, all in ASCII."""
    click.echo(json.dumps(value, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "") -> None:
    """Print a table, every cell made harmless; `empty` is said where there are no rows."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    from rich.console import Console

    # a pipe is no narrow terminal: whoever reads it wants the whole of each cell on its line
    width = None if sys.stdout.isatty() else 10_000
    Console(width=width, highlight=False).print(table(columns, cells))


def table(columns: Sequence[str], cells: Iterable[Sequence[str]]) -> Any:
    """Return a rich table of cells that are harmless already."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in cells:
        made.add_row(*(Text(cell) for cell in row))
    return made


def say(text: str) -> None:
    """Print a sentence to a person; nothing where there is nothing to say."""
    if text:
        click.echo(text)


def show(value: Any, *, as_json: bool, people: Callable[[Any], None]) -> None:
    """Print JSON if that is wanted, else what `people` prints of the value."""
    if as_json:
        print_json(value)
    else:
        people(value)


def _is_harmless(character: str) -> bool:
    """Letters, marks and spaces are, and the joiners that Persian, Hindi and emoji are written with."""
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
