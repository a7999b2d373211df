"""`phonehub contacts`: what it says goes to the running hub over its API."""

from __future__ import annotations

import click

from hub_contacts.commands import change, files, look
from hub_contacts.commands.sources import sources


@click.group("contacts")
def command() -> None:
    """List, change, import and export your contacts.

    A CONTACT is named by its id, as `phonehub contacts list` shows it, or by text that only one has.
    """


for _each in (
    look.list_,
    look.show_,
    look.view,
    look.photo,
    change.add,
    change.edit,
    change.favourite,
    change.primary,
    change.delete,
    change.delete_all,
    files.import_,
    files.export,
    sources,
):
    command.add_command(_each)
