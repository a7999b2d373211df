"""Single-file plugins: a `.py` file in the drop-in folder, named as the plugin."""

from __future__ import annotations

import itertools
import os
import stat
import sys
import types
from typing import TYPE_CHECKING

from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
"""The largest single-file plugin that is read, in bytes."""

_PREFIX = "hub_drop_in_"
_numbers = itertools.count(1)


def files(folder: Path) -> list[Path]:
    """Return the plugin files of a folder by name; those beginning with `_` or `.` are none. No folder, no files."""
    try:
        found = [path for path in folder.iterdir() if path.suffix == ".py" and not path.name.startswith(("_", "."))]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found)


def execute(path: Path) -> types.ModuleType:
    """Run a plugin's file as a module of its own, also where another hub has run it; raises `UserError` if unsafe."""
    _refuse_unsafe(path.parent, os.stat(path.parent))  # noqa: PTH116  what os.fstat gives for the file
    with path.open("rb") as file:
        _refuse_unsafe(path, os.fstat(file.fileno()))
        source = file.read(LARGEST + 1)
    if len(source) > LARGEST:
        raise UserError.of(f"it is larger than {LARGEST} bytes", "make it a package", place=str(path))
    module = types.ModuleType(f"{_PREFIX}{next(_numbers)}_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pydantic look up where a class was defined
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102  that is what it is for
    except BaseException:
        forget(module)
        raise
    return module


def is_one(module: types.ModuleType) -> bool:
    """Whether a module was made by `execute`."""
    return module.__name__.startswith(_PREFIX)


def forget(module: types.ModuleType) -> None:
    """Let go of a module that `execute` made."""
    sys.modules.pop(module.__name__, None)


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    """What others can change would run with this user's rights."""
    if os.name != "posix":
        return
    problems = []
    if status.st_mode & stat.S_IWOTH:
        cause = "everyone on this computer can change it, and so run code as you"
        problems.append(Problem(str(path), cause, f"chmod o-w {path}"))
    if status.st_uid not in {0, os.geteuid()}:
        problems.append(Problem(str(path), "it belongs to another user of this computer", f"chown it, or move {path}"))
    if problems:
        raise UserError(*problems)
