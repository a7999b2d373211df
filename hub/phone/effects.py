"""What commands bring about, as the phone system tells it afterwards."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from hub.core.call import CallState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from hub.core.call import Call, LegState
    from hub.core.numbers import Number


@dataclass(frozen=True, slots=True)
class Dialled:
    """The number as understood, and the call that began; None where the phone system does not tell which one it is."""

    number: Number
    call: Call | None


@dataclass(frozen=True, slots=True)
class Consulted(Dialled):
    """Who was called, as in `Dialled`, for the sake of the call `held`."""

    held: Call


class Effects:
    """Lets whoever gave a command see what became of it: `told` gets the calls as they change.

    `within` seconds after a command was given nobody waits any more: it was accepted, but its effect is not told.
    """

    def __init__(self, within: float) -> None:
        self._within = within
        self._watches: set[_Watch] = set()

    def told(self, calls: Iterable[Call]) -> None:
        """Take in calls as they are now."""
        if self._watches:
            for call in calls:
                for watch in self._watches:
                    watch.take(call)

    async def begun(self, doing: Awaitable[Mapping[str, str]]) -> Call | None:
        """Have a call begun, return it; None where the phone system does not tell which one it is."""
        with _Watch(self._watches, self._within) as watch:
            leg = (await doing).get("leg", "")
            if leg:
                await watch.until(lambda: leg in watch.call_of)
            return watch.calls.get(watch.call_of.get(leg, ""))

    async def on(
        self, call: Call, legs: Collection[str], shows: Callable[[LegState], bool], doing: Awaitable[object]
    ) -> Call:
        """Have something done to legs of a call, return the call when each `shows` it or is gone."""
        with _Watch(self._watches, self._within, call) as watch:
            await doing
            await watch.until(lambda: all(shows(leg) for leg in watch.calls[call.id].legs if leg.leg.id in legs))
            return watch.calls[call.id]

    async def until(
        self, calls: Collection[Call], shows: Callable[[Call], bool], doing: Awaitable[object]
    ) -> tuple[Call, ...]:
        """Have something done to calls, return them when each `shows` it or is over."""
        with _Watch(self._watches, self._within, *calls) as watch:
            await doing

            def now() -> tuple[Call, ...]:
                return tuple(watch.calls[call.id] for call in calls)

            await watch.until(lambda: all(call.state is CallState.NULL or shows(call) for call in now()))
            return now()

    async def over(self, calls: Collection[Call], doing: Awaitable[object]) -> Call:
        """Have calls brought to their end, return the first of them when all are over."""
        return (await self.until(calls, lambda _now: False, doing))[0]


class _Watch:
    """The calls as they were told last, by id, from `with` on; `call_of` tells of a leg which call it came with."""

    def __init__(self, watches: set[_Watch], within: float, *calls: Call) -> None:
        self.calls = {call.id: call for call in calls}
        self.call_of: dict[str, str] = {}
        self._watches = watches
        self._deadline = asyncio.get_running_loop().time() + within
        self._more = asyncio.Event()

    def __enter__(self) -> Self:
        self._watches.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._watches.remove(self)

    def take(self, call: Call) -> None:
        self.calls[call.id] = call
        self.call_of.update((leg.leg.id, call.id) for leg in call.legs)
        self._more.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                while not holds():
                    self._more.clear()
                    await self._more.wait()
