"""Runs a plugin's code while it is being loaded, so that nothing it does there stops the hub."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Stuck(Exception):  # noqa: N818  what it tells
    """The work did not come back in time."""


def guarded(work: Callable[[], T], what: str, within: float) -> T:
    """Return what `work` returns; whatever it raises, `SystemExit` too, is raised here as an `Exception`.

    It runs on a thread of its own, which is left behind if it does not come back `within` so many seconds (`Stuck`).
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  on this thread nobody but the plugin raises, whatever it is
            errors.append(error)

    thread = threading.Thread(target=run, name=f"plugin {what}", daemon=True)
    thread.start()
    thread.join(within)
    if results:
        return results[0]
    if not errors:
        raise Stuck(f"{what} did not come back in {within:g} s")
    if isinstance(errors[0], Exception):
        raise errors[0]
    raise RuntimeError(f"{what} raised {type(errors[0]).__name__}({errors[0]})") from errors[0]
