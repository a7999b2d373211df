"""Saving what the hub has as a file."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hub.cli.client import Client


def save_as(path: Path, client: Client, what: str, **query: Any) -> Mapping[str, str]:
    """Save what stands at a path of the API as a file that only its owner can read, whole or not at all.

    Return the headers of the answer; raise `UserError` if there is such a file already, or it cannot be written.
    """
    from hub.errors import UserError

    try:
        path.touch(mode=0o600, exist_ok=False)
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)  # a part of it is worth nothing
            with path.open("wb") as file:
                headers = client.download(what, file, **query)
            undo.pop_all()
    except FileExistsError:
        raise UserError.of("it is there already", "name another file", str(path)) from None
    except OSError as error:
        raise UserError.of(f"cannot be written: {error.strerror}", "name another place", str(path)) from None
    return headers
