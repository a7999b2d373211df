"""Writes the beginning of a plugin package: `phonehub plugins new NAME`."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from hub.errors import UserError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def write_plugin(name: str, folder: Path) -> Path:
    """Write a package for a plugin of this name into a new folder `phonehub-NAME`; return it.

    It installs, has a setting, a hook and an action for rules, and its tests pass. Raises `UserError` for a name that
    cannot be, and where there is such a folder already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UserError.of(
            f"{name!r} is no name for a plugin", "use small letters, digits and _ (40 at most), a letter first"
        )
    package = folder / f"phonehub-{name.replace('_', '-')}"
    try:
        package.mkdir(parents=True)
    except FileExistsError:
        raise UserError.of("there is such a folder already", "choose another name or --folder", str(package)) from None
    except OSError as error:
        raise UserError.of(f"cannot be made: {error.strerror}", "choose another --folder", str(package)) from None
    words = {
        "name": name,
        "distribution": package.name,
        "module": f"phonehub_{name}",
        "class_name": "".join(part.capitalize() for part in name.split("_")) or name.capitalize(),
    }
    _copy(files("hub.testing").joinpath("template"), package, words)
    return package


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    target.mkdir(exist_ok=True)
    for entry in source.iterdir():
        name = Template(entry.name.removesuffix(".txt")).substitute(words)
        if entry.is_dir():
            _copy(entry, target / name, words)
        else:
            text = Template(entry.read_text(encoding="utf-8")).substitute(words)
            (target / name).write_text(text, encoding="utf-8")
