"""What a command that a package adds to the command line is made of: `from hub.commands import connect, show`.

Such a command is a Click command under an entry point of the group `hub.commands`. Its `@click.pass_obj` are the
`Settings` that `connect` wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.cli import Settings
from hub.cli.output import as_json, print_json, print_table, printable, say, show
from hub.errors import UserError

if TYPE_CHECKING:
    from hub.cli.client import Client

__all__ = ["Settings", "UserError", "as_json", "connect", "print_json", "print_table", "printable", "say", "show"]


def connect(settings: Settings) -> Client:
    """Find the running hub and the user's token, as a context manager; raises `UserError` where there is none."""
    from hub.cli import client

    return client.connect(settings)
