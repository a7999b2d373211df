"""Options that several of the commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub_contacts.query import Field, Match, Show, Sort

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS, SORTS, MATCHES, FIELDS = ([each.value for each in kind] for kind in (Show, Sort, Match, Field))


def which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which contacts are meant."""
    for option in (
        click.option("--field", type=click.Choice(FIELDS), help="Where SEARCH is looked for.  [default: as chosen]"),
        click.option("--match", type=click.Choice(MATCHES), help="How it must stand there.  [default: as chosen]"),
        click.option(
            "--show",
            "show_",
            type=click.Choice(GROUPS),
            multiple=True,
            help="Groups of contacts.  [default: as chosen]",
        ),
    ):
        command = option(command)
    return command
