"""YAML as text with places: every scalar stays the text that was written, and each value's line and column is known.

YAML's own typing destroys phone data (`on:` is true, `0301234567` a number), so types come from the model that checks
the tree. What makes a file surprising is refused: duplicate keys, anchors and aliases, tags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml import events

from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from hub.checking import Path

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
"""What a document holds: texts, lists, and keys with values."""

LARGEST = 256 * 1024
"""How many bytes a file may have."""

DEEPEST = 40
"""How many lists and mappings may stand in each other."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands: zero-based line and column, and for a text how it was written."""

    line: int
    column: int
    style: str | None = None
    source: str = ""


@dataclass(slots=True)
class Document:
    """One document of a file: its tree, and the place of everything in it, for people (counted from 1)."""

    name: str
    tree: Tree
    values: dict[Path, _Spot] = field(default_factory=dict)
    keys: dict[Path, _Spot] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """Return `rules/10-crm.yaml:8:5: do.1.open_url`; what is missing has the place of what should have it."""
        path = self._existing(path)
        spot = self.values[path]
        return _told(self.name, spot.line, spot.column, path)

    def at_key(self, path: Path) -> str:
        """Return the place of a key rather than of its value."""
        path = self._existing(path)
        spot = self.keys.get(path)
        return _told(self.name, spot.line, spot.column, path) if spot else self.place(path)

    def inside(self, path: Path, offset: int) -> str:
        """Return the place of a character in a text; that of the text itself where it was written with escapes."""
        path = self._existing(path)
        spot, text = self.values[path], self._text(path)
        line, column = _within(spot, text, offset)
        return _told(self.name, line, column, path)

    def line(self, path: Path) -> int:
        """Return the line, counted from 1."""
        return self.values[self._existing(path)].line + 1

    def _existing(self, path: Path) -> Path:
        """Return what of a path was written: a short form leaves out steps that the model has."""
        found: Path = ()
        for step in path:
            if (*found, step) in self.values:
                found = (*found, step)
        return found

    def _text(self, path: Path) -> str:
        tree = self.tree
        for step in path:
            if isinstance(tree, dict):
                tree = tree[str(step)]
            elif isinstance(tree, list):
                tree = tree[int(step)]
        return tree if isinstance(tree, str) else ""


def read(data: bytes, name: str) -> list[Document]:
    """Read the documents of a file; raises `UserError` with all that is wrong with its form."""
    text = _decoded(data, name)
    builder = _Builder(name, text)
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax(error, name, text))
    except yaml.reader.ReaderError as error:
        place = _told(name, *_position(text, error.position))
        builder.problems.append(Problem(place, f"the character {_shown(error.character)} is not allowed", "remove it"))
    except (RecursionError, ValueError) as error:
        builder.problems.append(Problem(name, f"it cannot be read: {error}"))
    if builder.problems:
        raise UserError(*builder.problems)
    return builder.documents


_START = yaml.Mark("", 0, 0, 0, None, 0)


class _Builder:
    """Builds trees from the parser's events, step by step, so that depth and size stay bounded."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._open: list[tuple[list[Tree] | dict[str, Tree], Path]] = []
        self._key: list[str | None] = []

    def take(self, event: events.Event) -> None:
        """Add what the parser found next."""
        if isinstance(event, events.DocumentStartEvent):
            self.documents.append(Document(self.name, ""))
        elif isinstance(event, events.AliasEvent):
            self._refuse(event, "aliases (*name) are not used here", "write the value out")
            self._put("", event)
        elif isinstance(event, events.NodeEvent):
            if event.anchor is not None:
                self._refuse(event, "anchors (&name) are not used here", f"remove &{event.anchor}")
            if getattr(event, "tag", None) is not None:
                self._refuse(event, "tags (!name) are not used here", "remove it: the meaning decides about the type")
            if isinstance(event, events.ScalarEvent):
                self._put(event.value, event)
            else:
                self._enter([] if isinstance(event, events.SequenceStartEvent) else {}, event)
        elif isinstance(event, events.CollectionEndEvent):
            self._open.pop()
            self._key.pop()

    def _enter(self, tree: list[Tree] | dict[str, Tree], event: events.Event) -> None:
        if len(self._open) >= DEEPEST:
            raise ValueError(f"more than {DEEPEST} lists and mappings stand in each other")
        path = self._put(tree, event)
        self._open.append((tree, path))
        self._key.append(None)

    def _put(self, value: Tree, event: events.Event) -> Path:
        document = self.documents[-1]
        start, end = event.start_mark or _START, event.end_mark or _START
        spot = _Spot(start.line, start.column)
        if isinstance(event, events.ScalarEvent):
            spot = _Spot(start.line, start.column, event.style, self.text[start.index : end.index])
        if not self._open:
            document.tree = value
            document.values[()] = spot
            return ()
        parent, path = self._open[-1]
        if isinstance(parent, list):
            path = (*path, len(parent))
            parent.append(value)
        elif (key := self._key[-1]) is None:
            return self._put_key(value, event, spot, path)
        else:
            self._key[-1] = None
            path = (*path, key)
            parent[key] = value
        document.values[path] = spot
        return path

    def _put_key(self, value: Tree, event: events.Event, spot: _Spot, path: Path) -> Path:
        if not isinstance(value, str):
            self._refuse(event, "a key must be a text", "if it begins with { or [, put it in quotes")
            value = f"{spot.line}:{spot.column}"
            self._key[-1] = value
            return (*path, value)
        keys = self.documents[-1].keys
        path = (*path, value)
        if path in keys:
            self._refuse(event, f'the key "{value}" stands here twice', f"the first is in line {keys[path].line + 1}")
        else:
            keys[path] = spot
        self._key[-1] = value
        return path

    def _refuse(self, event: events.Event, cause: str, remedy: str) -> None:
        start = event.start_mark or _START
        place = _told(self.name, start.line, start.column)
        self.problems.append(Problem(place, cause, remedy))


def _decoded(data: bytes, name: str) -> str:
    if len(data) > LARGEST:
        raise UserError.of(f"the file is larger than {LARGEST // 1024} KiB", "split it", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = _told(name, *_position(before, len(before)))
        raise UserError.of("this is not UTF-8 text", "save the file as UTF-8", place) from None


def _syntax(error: yaml.MarkedYAMLError, name: str, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    cause = str(error.problem or error.context or "this is not YAML")
    remedy = ""
    if _has_tab(text, line):
        cause, remedy = "a tab stands where spaces are needed", "indent with spaces"
    elif "mapping values are not allowed" in cause:
        cause, remedy = "a colon with a space after it is not allowed here", "put the text in quotes"
    return Problem(_told(name, line, column), cause, remedy)


def _has_tab(text: str, line: int) -> bool:
    lines = text.splitlines()
    written = lines[line] if line < len(lines) else ""
    return "\t" in written[: len(written) - len(written.lstrip())]


def _told(name: str, line: int, column: int, path: Path = ()) -> str:
    place = f"{name}:{line + 1}:{column + 1}"
    return f"{place}: {'.'.join(_step(step) for step in path)}" if path else place


def _step(step: str | int) -> str:
    text = str(step)
    return text if text.isprintable() else ascii(text)


def _shown(character: str | int) -> str:
    return f"U+{ord(character) if isinstance(character, str) else character:04X}"


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def _within(spot: _Spot, text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character of a text, as far as the way it was written tells."""
    if spot.style in ("|", ">"):
        return _in_block(spot, text, offset)
    if spot.style == "'" and "\n" not in spot.source:
        return spot.line, spot.column + 1 + offset + text.count("'", 0, offset)
    if spot.style == '"' and spot.source[1:-1] == text:
        return spot.line, spot.column + 1 + offset
    if spot.style is None and spot.source[: len(text)] == text:
        return spot.line, spot.column + offset
    return spot.line, spot.column


def _in_block(spot: _Spot, text: str, offset: int) -> tuple[int, int]:
    row, column = _position(text, offset)
    written = spot.source.split("\n")[1:]
    wanted = text.split("\n")[row]
    for number, line in enumerate(written[row:], row):
        if wanted and line.endswith(wanted):
            return spot.line + 1 + number, len(line) - len(wanted) + column
    return spot.line, spot.column
