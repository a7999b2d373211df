from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MOST = 16
"""Browsers that may be starting at once."""

_places = threading.BoundedSemaphore(MOST)


async def on_thread(work: Callable[..., T], *arguments: object) -> T:
    """Return what blocking work returns, done on a thread that nobody waits for in the end.

    A browser may take for ever to start: such threads are their own, are bounded, and do not keep the hub from ending.
    OSError if too many have not come back.
    """
    if not _places.acquire(blocking=False):
        raise OSError(f"{MOST} browsers have not started yet")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def run() -> None:
        result, error = None, None
        try:
            result = work(*arguments)
        except Exception as raised:  # noqa: BLE001  it is raised again where it is waited for
            error = raised
        finally:
            _places.release()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="browser", daemon=True).start()
    return await done
