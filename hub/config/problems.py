from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from hub.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Path = tuple[int | str, ...]


def problems_of(
    error: ValidationError, place: Callable[[Path], str], model: type[BaseModel] | None = None
) -> list[Problem]:
    """Return what pydantic found wrong, for a person; never with the values, which may be secrets."""
    return [_problem(detail, place, model) for detail in error.errors(include_url=False, include_input=False)]


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `did you mean "server"?`, or the words there are, or nothing where there are none."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known: {', '.join(known)}" if known else ""


def _problem(detail: ErrorDetails, place: Callable[[Path], str], model: type[BaseModel] | None) -> Problem:
    at: Path = detail["loc"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(place(at), "there is no such setting", nearest(str(at[-1]), _names(model, at[:-1])))
    if kind == "missing":
        return Problem(place(at), "is missing")
    if at and at[-1] == "[key]":
        at = at[:-1]
    return Problem(place(at), _said(detail["msg"]))


def _said(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]


def _names(model: type[BaseModel] | None, at: Sequence[int | str]) -> list[str]:
    """Return the settings of the table at `at`, as far as the models tell."""
    for key in at:
        model = _model(model.model_fields[str(key)].annotation) if model and str(key) in model.model_fields else model
    return list(model.model_fields) if model else []


def _model(annotation: Any) -> type[BaseModel] | None:
    """Return the model in `Model`, `Model | None` or `dict[Name, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)
