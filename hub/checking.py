"""Turns what pydantic found wrong into what a person can mend: place, cause, and the nearest valid word.

For anything that people write and a model checks: the config (TOML) and rule files (YAML).
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import BaseModel, SecretBytes, SecretStr
from typing_extensions import TypeAliasType

from hub.errors import Problem

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""Where something stands in what was checked: keys and positions from the top."""

Place = Callable[[Path], str]
"""Says a place for a person, such as `phonehub.toml: users.alice.phone.server`."""

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "mapping_type": "keys with values",
    "model_attributes_type": "keys with values",
    "model_type": "keys with values",
    "none_required": "no value",
    "path_type": "a path",
    "string_type": "text",
    "tuple_type": "a list",
}
_CONFIDENTIAL = ("password", "secret", "token", "pin", "key")
_SHOWN = 60


def problems(
    error: ValidationError,
    model: Any,
    place: Place,
    *,
    at_key: Place | None = None,
    inside: Callable[[Path, int], str] | None = None,
) -> list[Problem]:
    """Return every problem of a failed check against `model` (a pydantic model, or any type it can check).

    `place` is given the path of the offending value (of a missing key, where it should stand). `at_key`, where given,
    says the place of a key that should not be there, and `inside` one at an offset in a text (for errors whose context
    has an `offset`). A validator's own error may carry its `remedy` in the context of a `PydanticCustomError`; a model
    with a class method `unknown_key(key)` says itself what it makes of a key it does not know: cause and remedy.
    """
    found: dict[Problem, None] = {}  # a union tells the same thing once for each of its members
    for detail in error.errors(include_url=False):
        path, kinds = _walk(model, detail)
        context = detail.get("ctx", {})
        if detail["type"] == "extra_forbidden":
            where = (at_key or place)(path)
        elif inside and "offset" in context:
            where = inside(path, context["offset"])
        else:
            where = place(path)
        cause, remedy = _told(detail, path, kinds)
        found[Problem(where, cause, remedy)] = None
    return list(found)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty text."""
    lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), lower, n=1)
    return lower[close[0]] if close else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is none of the known ones: the nearest, or which there are."""
    names = list(known)
    meant = nearest(word, names)
    if meant:
        return f'did you mean "{meant}"?'
    return f"known: {', '.join(names)}" if names else ""


def shown(value: Any) -> str:
    """Return a value as an error names it: short, and on one line."""
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None or value == "":
        return "nothing"
    text = str(value)
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f'"{text}"' if text.isprintable() else ascii(text)


def _told(detail: ErrorDetails, path: Path, kinds: list[Any]) -> tuple[str, str]:
    """Return cause and remedy of one of pydantic's errors; `kinds` are the types that could stand at its path."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return _unknown_key(last, kinds)
    if kind == "missing":
        return f'"{last}" is missing', _description(kinds, last)
    if kind in ("literal_error", "enum"):
        words = _words(kinds)
        expected = ", ".join(words) if words else str(context.get("expected", ""))
        meant = nearest(str(value), words)
        return (
            f"expected one of {expected}, found {_found(value, path, kinds)}",
            f'did you mean "{meant}"?' if meant else "",
        )
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"])), ""
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {_found(value, path, kinds)}", ""
    message = detail["msg"]
    if message.startswith("Input should be "):
        message = f"expected {message.removeprefix('Input should be ')}, found {_found(value, path, kinds)}"
    return message, str(context.get("remedy", ""))


def _unknown_key(key: str, kinds: list[Any]) -> tuple[str, str]:
    for owner in kinds:
        if told := getattr(owner, "unknown_key", None):
            cause, remedy = told(key)
            return str(cause), str(remedy)
    return f'unknown key "{key}"', suggest(key, _keys(kinds))


def _found(value: Any, path: Path, kinds: list[Any]) -> str:
    names = [str(part).lower() for part in path]
    if any(name.endswith(_CONFIDENTIAL) for name in names) or any(kind in (SecretStr, SecretBytes) for kind in kinds):
        return "something else" if value not in (None, "") else "nothing"
    return shown(value)


def _walk(model: Any, detail: ErrorDetails) -> tuple[Path, list[Any]]:
    """Return the path in what was checked, without the names of union members, and the types that could stand there.

    For an unknown or a missing key these are the types that should, or should not, have it.
    """
    *steps, last = detail["loc"] or ("",)
    whole = detail["type"] in ("extra_forbidden", "missing")
    path: list[str | int] = []
    kinds = _plain(model)
    for step in steps if whole else detail["loc"]:
        below = [deeper for kind in kinds for deeper in _below(kind, step)]
        if below:
            path.append(step)
            kinds = below
        elif kinds and any(_is_open(kind) for kind in kinds):
            path.append(step)
    return (*path, last) if whole else tuple(path), kinds


def _plain(kind: Any) -> list[Any]:
    """Return the types that a type can stand for, without annotations, aliases and unions around them."""
    if isinstance(kind, TypeAliasType):
        return _plain(kind.__value__)
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _plain(typing.get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return [plain for member in typing.get_args(kind) for plain in _plain(member)]
    return [kind]


def _below(kind: Any, step: str | int) -> list[Any]:
    """Return the types that can stand at a key or position of a type; none if it has no such place."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if step in (name, field.alias, field.validation_alias):
                return _plain(field.annotation)
        return []
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if not isinstance(origin, type) or not arguments:
        return []
    if issubclass(origin, Mapping):
        return _plain(arguments[1])
    if isinstance(step, int) and issubclass(origin, (list, tuple, AbstractSet)):
        member = step if issubclass(origin, tuple) and arguments[1:] != (...,) and step < len(arguments) else 0
        return _plain(arguments[member])
    return []


def _is_open(kind: Any) -> bool:
    """Whether the type says nothing of what is in it, so that a step below it must be taken on trust."""
    return kind in (Any, object, dict, list, tuple)


def _keys(kinds: list[Any]) -> list[str]:
    return [
        field.alias or name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]


def _words(kinds: list[Any]) -> list[str]:
    words: list[str] = []
    for kind in kinds:
        if typing.get_origin(kind) is Literal:
            words += [str(word) for word in typing.get_args(kind)]
        elif isinstance(kind, type) and issubclass(kind, Enum):
            words += [str(member.value) for member in kind]
    return words


def _description(kinds: list[Any], key: str) -> str:
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                if key in (name, field.alias):
                    return field.description or ""
    return ""
