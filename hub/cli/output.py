"""Output: tables for people, JSON for programs. What came from the wire is made harmless before a terminal sees it."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from hub.errors import UserError
from hub.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["as_json", "print_json", "print_table", "printable", "problems_as_json", "say", "show", "table"]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
"""The option of a command that prints something."""


_LONGEST = 2000
"""Characters of a cell that are shown: all capabilities of a handset, and no flood."""
_FOLDED = 16
"""Characters of a cell that stay on a line where there is little room."""
_GAP = 3


def print_json(value: Any) -> None:
    """Print JSON, all in ASCII."""
    click.echo(json.dumps(value, indent=2))


@contextmanager
def problems_as_json(wanted: bool) -> Iterator[None]:  # noqa: FBT001  the command's flag
    """Print as JSON, where that is wanted, what a check raises as `UserError`, and exit with 1; no problems as `[]`."""
    try:
        yield
    except UserError as error:
        if not wanted:
            raise
        print_json([{"place": each.place, "cause": each.cause, "remedy": each.remedy} for each in error.problems])
        raise click.exceptions.Exit(1) from None
    if wanted:
        print_json([])


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    empty: str = "",
    colour: Callable[[Sequence[str]], str] = lambda _row: "",
) -> None:
    """Print a table, every cell made harmless; `empty` is said where there are no rows.

    `colour` is the style of a row as `rich` writes it, empty for none; a terminal shows it, unless it is told not to
    by NO_COLOR.

    Where the terminal is too narrow, each row is a paragraph: the first cell, below it the others that hold anything.
    """
    cells = [[printable(cell, _LONGEST) for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    from rich.console import Console
    from rich.text import Text

    # a pipe is no narrow terminal: whoever reads it wants the whole of each cell on its line
    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, highlight=False)
    if console.width < _least_width(columns, cells):
        for row in cells:
            first, *others = row
            console.print(Text(first, style=colour(row)), soft_wrap=True)
            for column, cell in zip(columns[1:], others, strict=True):
                if cell:
                    click.echo(_paragraph(column, cell, console.width))
        return
    console.print(table(columns, cells, colour))


def _paragraph(column: str, cell: str, width: int) -> str:
    """Return a cell behind the name of its column, in as many lines as it needs."""
    from textwrap import TextWrapper

    first = f"  {column:11} "
    wide = max(width, len(first) + _FOLDED)
    return TextWrapper(wide, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False).fill(
        cell
    )


def _least_width(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """Return how many columns of a terminal a table needs to be read with ease: long cells may fold, words may not."""
    widest = (max(map(len, column)) for column in zip(columns, *cells, strict=True))
    return sum(min(width, _FOLDED) + _GAP for width in widest) - _GAP


def table(
    columns: Sequence[str], cells: Iterable[Sequence[str]], colour: Callable[[Sequence[str]], str] = lambda _row: ""
) -> Any:
    """Return a rich table of cells that are harmless already."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in cells:
        made.add_row(*(Text(cell) for cell in row), style=colour(row))
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
