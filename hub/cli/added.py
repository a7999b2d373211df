"""Commands that installed packages add, as entry points of the group `hub.commands`.

Their names are read from the packages' metadata by hand: `importlib.metadata` takes as long as the rest of `--help`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

GROUP = "hub.commands"
_FILE = "entry_points.txt"


def names() -> dict[str, str]:
    """Return the names of the commands, and the package that adds each."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            packages = [
                entry.name for entry in os.scandir(folder or ".") if entry.name.endswith((".dist-info", ".egg-info"))
            ]
        except OSError:
            continue
        for package in packages:
            for name in _names(os.path.join(folder, package, _FILE)):  # noqa: PTH118  pathlib would be imported for it
                found.setdefault(name, package.split("-")[0])
    return found


def load(name: str) -> click.Command:
    """Import the command of that name; raises `UserError` naming the package if that fails."""
    from importlib.metadata import entry_points

    import click

    from hub.errors import UserError

    (found, *_) = entry_points(group=GROUP, name=name)
    package = found.dist.name if found.dist else found.value
    try:
        command = found.load()
    except Exception as error:  # noqa: BLE001  a package of somebody else's, whatever it raises
        raise UserError.of(
            f"its command cannot be imported: {type(error).__name__}: {error}", "mend or remove it", package
        ) from None
    if not isinstance(command, click.Command):
        raise UserError.of(f"{found.value} is no Click command", "mend or remove it", package)
    return command


def _names(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  see above
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found, inside = [], False
    for line in lines:
        text = line.strip()
        if text.startswith("["):
            inside = text == f"[{GROUP}]"
        elif inside and "=" in text and not text.startswith("#"):
            found.append(text.partition("=")[0].strip())
    return found
