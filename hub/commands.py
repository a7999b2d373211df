"""What a command that a package adds to the command line is made of: `from hub.commands import connect, show`.

Such a command is a Click command under an entry point of the group `hub.commands`. Its `@click.pass_obj` are the
`Settings` that `connect` finds the running hub by.
"""

from __future__ import annotations

from hub.cli import Settings
from hub.cli.client import Client, connect
from hub.cli.output import as_json, print_json, print_table, printable, say, show
from hub.cli.saving import save_as
from hub.errors import UserError

__all__ = [
    "Client",
    "Settings",
    "UserError",
    "as_json",
    "connect",
    "print_json",
    "print_table",
    "printable",
    "save_as",
    "say",
    "show",
]
