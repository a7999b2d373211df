"""Secrets stand in phonehub.toml by reference only; this finds those that stand there in clear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub.errors import Problem
from hub.secrets import HIDDEN, is_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.config_file import ConfigFile

_NAME = re.compile(
    r"(?:^|[_-])(password|passwd|passphrase|secret|token|pin|credentials?|api_?key|access_code)$", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#@:]*:(?P<password>[^@/]*)@", re.IGNORECASE)


def in_clear(file: ConfigFile) -> list[Problem]:
    """Return a problem for each secret that stands in a file in clear, without saying it."""
    return [
        Problem(
            file.place(*at),
            "a secret must not stand here in clear",
            f'"phonehub config secret {_suggested(at)}" keeps it in the keyring; '
            f'then write "${{keyring:{_suggested(at)}}}" here',
        )
        for at in _clear(file.tables, ())
    ]


def redacted(value: Any, name: str = "") -> Any:
    """Return tables with each secret in clear hidden; references stay, they tell nothing."""
    if isinstance(value, dict):
        return {key: redacted(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [redacted(inner, name) for inner in value]
    return HIDDEN if _is_clear(name, value) else _without_password(value)


def names_a_secret(header: str) -> bool:
    """Tell whether what stands in a header of that name is a secret, as far as its name says."""
    return _NAME.search(header.replace("-", "_")) is not None


def _clear(value: Any, at: tuple[str, ...], name: str = "") -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _clear(inner, (*at, key), key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _clear(inner, (*at, str(position)), name)
    elif _is_clear(name, value) or _without_password(value) is not value:
        yield at


def _is_clear(name: str, value: Any) -> bool:
    if not _NAME.search(name) or isinstance(value, bool):
        return False
    return isinstance(value, (str, int)) and value != "" and not is_reference(str(value))


def _without_password(value: Any) -> Any:
    """`scheme://user:password@host` has one in clear; `scheme://user:${env:X}@host` has not."""
    found = _URL_PASSWORD.match(value) if isinstance(value, str) else None
    if not found or not found["password"] or is_reference(found["password"]):
        return value
    return f"{value[: found.start('password')]}{HIDDEN}{value[found.end('password') :]}"


def _suggested(at: tuple[str, ...]) -> str:
    """`users.alice.phone.password` is kept as `phonehub/alice`."""
    owner = at[1] if len(at) > 1 and at[0] in {"users", "plugins"} else at[-1]
    return f"phonehub/{owner}"
