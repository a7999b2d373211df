"""Where phonehub.toml is found, how it is read, and on which line of it a setting stands."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "phonehub.toml"
VARIABLE = "PHONEHUB_CONFIG"
LONGEST = 1_000_000
"""The largest configuration file that is read, in bytes."""

SAMPLE = """\
[users.alice.phone]
adapter = "sim"                              # the kind of phone system
server = "ws://127.0.0.1:8899"               # where it is; "phonehub sim" starts one to try
user = "alice"
password = "${keyring:phonehub/alice}"       # put there by: phonehub config secret phonehub/alice
"""
"""What a person can paste to begin with."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEYS})\s*\]")
_SETTING = re.compile(rf"\s*({_KEYS})\s*=")
_POSITION = re.compile(
    r"^(?P<cause>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file that could be read: its tables as TOML gives them, and where each setting stands."""

    path: Path
    tables: dict[str, Any]
    lines: dict[tuple[str, ...], int]

    def has(self, *keys: object) -> bool:
        """Return whether a setting stands in the file, on a line of its own."""
        return tuple(str(key) for key in keys) in self.lines

    def place(self, *keys: object) -> str:
        """Return `phonehub.toml:12: users.alice.phone.server`; of a missing setting, the line of what it belongs in."""
        names = tuple(str(key) for key in keys)
        known = next((names[:end] for end in range(len(names), 0, -1) if names[:end] in self.lines), None)
        file = self.path.name if known is None else f"{self.path.name}:{self.lines[known]}"
        return ": ".join(filter(None, (file, ".".join(names))))


def find(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the file to use, which need not exist.

    That is the one given, else `$PHONEHUB_CONFIG`, else `phonehub.toml` here if there is one, else the user's own.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    here = Path.cwd() / NAME
    return here if here.is_file() else Path(platformdirs.user_config_dir("phonehub")) / NAME


def read(path: Path) -> ConfigFile:
    """Read a file; `UserError` if it is missing, writable by everyone, too large, not UTF-8 or not TOML."""
    try:
        with path.open("rb") as file:
            _refuse_public(path, os.fstat(file.fileno()))
            content = file.read(LONGEST + 1)
    except FileNotFoundError:
        raise UserError.of(
            "there is no such file", f"make one, beginning with:\n\n{SAMPLE}\n", place=str(path)
        ) from None
    except OSError as error:
        raise UserError.of(f"cannot be read: {error.strerror}", place=str(path)) from None
    if len(content) > LONGEST:
        raise UserError.of(f"is larger than {LONGEST} bytes", "is it the right file?", place=str(path))
    return parse(path, content)


def parse(path: Path, content: bytes) -> ConfigFile:
    """Make sense of a file's content; `UserError` with line and column if it is not UTF-8 or not TOML."""
    try:
        text = content.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError.of("is not UTF-8 text", "save it as UTF-8", place=f"{path.name}:{line}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(_syntax(path, text, str(error))) from None
    return ConfigFile(path, tables, _lines(text))


def state_folder(path: Path) -> Path:
    """Return the state folder that a file names, or else the user's own; for programs that only look for the hub.

    They go on working while the rest of the file, or all of it, is broken or missing.
    """
    try:
        named = tomllib.loads(path.read_text("utf-8-sig"))["hub"]["state"]
    except (OSError, ValueError, KeyError, TypeError):
        named = None
    if isinstance(named, str):
        return path.parent / Path(named).expanduser()
    return Path(platformdirs.user_state_dir("phonehub"))


def _refuse_public(path: Path, status: os.stat_result) -> None:
    if os.name == "posix" and status.st_mode & stat.S_IWOTH:
        raise UserError.of(
            "everyone on this computer can change it, and so run commands as you", f"chmod o-w {path}", place=str(path)
        )


def _syntax(path: Path, text: str, said: str) -> Problem:
    found = _POSITION.match(said)
    cause = found["cause"] if found else said
    lines = text.splitlines() or [""]
    line, column = (found["line"], found["column"]) if found and found["line"] else (len(lines), len(lines[-1]) + 1)
    return Problem(f"{path.name}:{line}:{column}", f"not TOML: {cause[:1].lower()}{cause[1:]}")


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each table and setting that stands on a line of its own."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not quoted:
            if header := _HEADER.match(line):
                table = _names(header[1])
                _remember(lines, table, number)
            elif setting := _SETTING.match(line):
                _remember(lines, (*table, *_names(setting[1])), number)
        for mark in ('"""', "'''"):
            if quoted in {"", mark} and line.count(mark) % 2:
                quoted = "" if quoted else mark
    return lines


def _names(keys: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, keys))


def _remember(lines: dict[tuple[str, ...], int], names: Sequence[str], number: int) -> None:
    """A table may be named first by one inside it."""
    for end in range(1, len(names) + 1):
        lines.setdefault(tuple(names[:end]), number)
