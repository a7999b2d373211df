"""Run by itself: follows an endless stream of signals into a store, until it is killed.

The stream is the same each time, so that anybody can tell what must be stored at a mark.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta

from call_samples import NOON, over, ringing

from hub.core.call import Call, CallState
from hub.store.store import Store


def step(number: int) -> Call:
    """The call that signal `number` is about, as it is after it: three signals a call, two calls at a time."""
    pair, at = divmod(number, 6)
    call = ringing(str(pair * 2 + at % 2), started=NOON + timedelta(seconds=pair))
    if at < 2:
        return call
    call = replace(call, state=CallState.CONNECTED, answered=call.started + timedelta(seconds=10))
    return call if at < 4 else over(call, talked=5)


def after(mark: int) -> dict[str, Call]:
    """All calls as they are when the signals up to `mark` have been followed."""
    return {call.id: call for call in map(step, range(mark + 1))}


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def follow(url: str) -> None:
    store = Store(url)
    await store.open()
    start = int(await store.mark("alice") or -1) + 1
    tell(f"started {start}")
    for number in range(start, sys.maxsize):
        store.record_call(step(number), str(number))
        if number % 5 == 0:
            granted = await asyncio.gather(*(store.claim(f"{number}:{action}") for action in range(3)))
            for action in range(3):
                tell(f"claimed {number}:{action} {granted[action]}")


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1]))
