"""Routes of plugins that take a file as it is: larger than other requests, and not JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from starlette.routing import compile_path

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from fastapi import APIRouter

F = TypeVar("F", bound="Callable[..., object]")

_BY_ANY_PAGE = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_MARK = "__hub_upload__"


@dataclass(frozen=True, slots=True)
class Upload:
    """What a route takes: so many bytes at most, of these content types."""

    largest: int
    types: frozenset[str]


def upload(*types: str, largest: int) -> Callable[[F], F]:
    """Let the endpoint of a route take a body of these content types, of so many bytes at most, beside JSON.

    It reads `request.stream()`. ValueError for types that a page of any site may send unasked.
    """
    if wrong := _BY_ANY_PAGE & set(types):
        raise ValueError(f"any web page can have a browser send {', '.join(sorted(wrong))}; take another type")

    def marked(endpoint: F) -> F:
        setattr(endpoint, _MARK, Upload(largest, frozenset(types)))
        return endpoint

    return marked


def uploads_of(router: APIRouter, prefix: str) -> list[tuple[re.Pattern[str], Upload]]:
    """Return which paths of a router take what."""
    return [
        (compile_path(prefix + route.path)[0], taken)
        for route in router.routes
        if (taken := getattr(getattr(route, "endpoint", None), _MARK, None)) is not None and hasattr(route, "path")
    ]
