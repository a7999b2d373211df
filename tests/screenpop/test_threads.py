from __future__ import annotations

import asyncio
import threading

import pytest

from hub_screenpop.threads import MOST, on_thread


async def test_browsers_that_do_not_start_are_bounded_and_keep_no_shared_thread() -> None:
    started, let_go = threading.Semaphore(0), threading.Event()

    def never_starts(number: int) -> int:
        started.release()
        let_go.wait()
        return number

    waiting = [asyncio.create_task(on_thread(never_starts, number)) for number in range(MOST)]
    for _ in range(MOST):
        await asyncio.to_thread(started.acquire)  # which the shared threads are free for
    with pytest.raises(OSError, match="have not started yet"):
        await on_thread(never_starts, -1)
    let_go.set()
    assert await asyncio.gather(*waiting) == list(range(MOST))
    assert await on_thread(lambda: "again") == "again"


async def test_what_it_raises_is_raised_where_it_is_waited_for() -> None:
    def fails() -> None:
        raise LookupError("no browser")

    with pytest.raises(LookupError, match="no browser"):
        await on_thread(fails)
