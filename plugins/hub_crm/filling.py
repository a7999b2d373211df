"""The macros of requests and links: what stands for the caller's number, and for who was found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub import Number

NUMBERS = frozenset({"E164", "DIGITS", "NATIONAL", "CALLNUM"})
ID = frozenset({"ID"})
_MACRO = re.compile(r"%([A-Z][A-Z0-9]{2,}|ID)%")


def check_macros(text: str, known: frozenset[str]) -> None:
    """Raise for a macro that there is not."""
    for found in _MACRO.finditer(text):
        if found[1] not in known:
            remedy = f"there are {', '.join(f'%{name}%' for name in sorted(known))}"
            raise PydanticCustomError(
                "crm", "{cause}", {"cause": f"there is no macro {found[0]} here", "remedy": remedy}
            )


def of_number(number: Number) -> dict[str, str]:
    """Return what macros stand for: E.164 with and without its plus, as written at home, as received; no separators."""
    return {
        "E164": number.e164,
        "DIGITS": number.e164.removeprefix("+"),
        "NATIONAL": _keys(number.national) or number.e164,
        "CALLNUM": _keys(number.text) or number.e164,
    }


def filled_address(text: str, values: Mapping[str, str]) -> str:
    """Return an address with each value percent-encoded, so that it is one part of it, whatever it holds."""
    return _filled(text, values, lambda value: quote(value, safe=""))


def filled_body(value: Any, values: Mapping[str, str]) -> Any:
    """Return what is sent as JSON, with the macros in its texts filled in."""
    if isinstance(value, dict):
        return {key: filled_body(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled_body(inner, values) for inner in value]
    return _filled(value, values, str) if isinstance(value, str) else value


def _filled(text: str, values: Mapping[str, str], encoded: Callable[[str], str]) -> str:
    return _MACRO.sub(lambda found: encoded(values[found[1]]) if found[1] in values else found[0], text)


def _keys(text: str) -> str:
    return "".join([character for character in text if character in "+0123456789"])
