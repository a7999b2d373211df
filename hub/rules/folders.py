"""The folders of rule files: what is in them now, what of it is in force, and what is wrong with the rest."""

from __future__ import annotations

import logging
import os
import stat
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import Problem, UserError
from hub.rules.load import FileName
from hub.rules.ownership import objection
from hub.rules.ruleset import RuleSet
from hub.rules.yaml_source import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hub.rules.load import Loader
    from hub.rules.ruleset import Rule

log = logging.getLogger(__name__)

SUFFIXES = (".yaml", ".yml")
MOST_FILES = 5000
"""How many files a folder may have."""

_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of rule files; `kind` is `admin` (locked), `user` or `package`, and the beginning of its rules' ids."""

    path: Path
    kind: str

    @property
    def locked(self) -> bool:
        """Whether only the administrator may change it."""
        return self.kind == "admin"

    @property
    def shown(self) -> str:
        """The path as an editor in the current folder takes it."""
        return shown_path(self.path)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file: the rules that are in force from it, and what is wrong with it.

    One that is `stale` has problems, and its rules are those of its last good version.
    """

    name: FileName
    path: Path
    stamp: tuple[int, ...] = ()
    data: bytes | None = None
    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether its last good version is in force instead of it."""
        return bool(self.problems and self.rules)


class Library:
    """All rule files, administrator's first, then the user's, then those supplied with packages; by name in each.

    `look` reads what has changed and may block; `rules`, `files` and `problems` are what it saw, for any thread.
    """

    def __init__(self, loader: Loader, folders: Iterable[Folder]) -> None:
        order = ("admin", "user", "package")
        self.folders = sorted(folders, key=lambda folder: order.index(folder.kind))
        self.files: tuple[RuleFile, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self.rules = RuleSet()
        self._loader = loader
        self._fresh = False

    def use(self, loader: Loader) -> None:
        """Have every file checked again with the words of another loader when it is looked at next."""
        self._loader = loader
        self._fresh = False

    def look(self) -> bool:
        """Bring the rules up to date with the folders; return whether anything is different."""
        before = {file.path: file for file in self.files}
        files: list[RuleFile] = []
        problems: list[Problem] = []
        loader, fresh = self._loader, self._fresh
        for folder, number in self._numbered():
            paths, refused = _listed(folder)
            problems += refused
            prefix = folder.kind if number == 1 else f"{folder.kind}{number}"
            for path in paths:
                name = FileName(f"{folder.shown}/{path.name}", f"{prefix}/{path.name}", folder.locked)
                known = before.get(path) or RuleFile(name, path)
                files.append(_read(known, loader, fresh=fresh))
        problems += [problem for file in files for problem in file.problems]
        rules = tuple(rule for file in files for rule in file.rules)
        changed = rules != self.rules.rules or tuple(problems) != self.problems
        if rules != self.rules.rules:
            self.rules = RuleSet(rules)
        self.files, self.problems, self._fresh = tuple(files), tuple(problems), True
        return changed

    def _numbered(self) -> Iterator[tuple[Folder, int]]:
        counts: dict[str, int] = {}
        for folder in self.folders:
            counts[folder.kind] = counts.get(folder.kind, 0) + 1
            yield folder, counts[folder.kind]


def is_rule_file(name: str) -> bool:
    """Return whether a file of this name is a rule file, and not what an editor puts beside one."""
    return name.endswith(SUFFIXES) and not name.startswith((".", "#", "~"))


def shown_path(path: Path) -> str:
    """Return a path as short as it leads there from the current folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _listed(folder: Folder) -> tuple[list[Path], list[Problem]]:
    """Return the rule files of a folder by name, or why none of them is taken; a folder need not exist."""
    try:
        objected = objection(folder.path.stat(), folder.shown)
        names = [] if objected else sorted(filter(is_rule_file, os.listdir(folder.path)))  # noqa: PTH208  names only
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [Problem(folder.shown, f"the folder cannot be read: {error.strerror}")]
    if objected:
        return [], [Problem(folder.shown, f"no rule in this folder is taken: {objected[0]}", objected[1])]
    if len(names) > MOST_FILES:
        return [], [Problem(folder.shown, f"there are more than {MOST_FILES} rule files in this folder")]
    return [folder.path / name for name in names], []


def _read(known: RuleFile, loader: Loader, *, fresh: bool) -> RuleFile:
    """Return a file as it is now; what has not changed is not compiled again."""
    shown = known.name.shown
    try:
        stamp, data = _contents(known, fresh=fresh)
    except OSError as error:
        return replace(known, stamp=(), problems=(Problem(shown, f"it cannot be read: {error.strerror}"),))
    except UserError as error:
        return RuleFile(known.name, known.path, problems=error.problems)
    if fresh and data == known.data and known.stamp:
        return known if stamp == known.stamp else replace(known, stamp=stamp)
    try:
        rules = tuple(loader.load(data or b"", known.name))
    except UserError as error:
        last_good = known.rules if fresh else ()  # with other words than they were checked with, they may not work
        return RuleFile(known.name, known.path, stamp, data, last_good, error.problems)
    except Exception as error:  # a plugin's own words may raise anything: the other files go on
        log.exception("%s cannot be checked", shown)
        problem = Problem(shown, f"it cannot be checked: {type(error).__name__}: {error}", "see the log")
        return RuleFile(known.name, known.path, stamp, data, known.rules if fresh else (), (problem,))
    return RuleFile(known.name, known.path, stamp, data, rules)


def _contents(known: RuleFile, *, fresh: bool) -> tuple[tuple[int, ...], bytes | None]:
    """Return stamp and contents of a file; those that are known where the stamp says that they are the same.

    Raises OSError, and `UserError` where the file must not be taken.
    """
    # a pipe must not make us wait, so it is opened without and refused below
    descriptor = os.open(known.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        stamp = _stamp(status)
        if fresh and stamp == known.stamp and time.time_ns() - status.st_mtime_ns > _SETTLED_NS:
            return stamp, known.data
        if not stat.S_ISREG(status.st_mode):
            raise UserError.of("this is not a file", "", known.name.shown)
        if objected := objection(status, known.name.shown):
            raise UserError.of(f"the rule is not taken: {objected[0]}", objected[1], known.name.shown)
        return stamp, file.read(LARGEST + 1)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino,
        status.st_mode, status.st_uid, status.st_gid,
    )  # fmt: skip
