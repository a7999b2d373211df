from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hub.plugin_host.plugin import Failure, PluginState, traceback_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from hub.clock import Clock
    from hub.plugin_host.limits import Limits
    from hub.plugin_host.plugin import Plugin

log = logging.getLogger(__name__)


class Standing:
    """How a plugin fares: what goes wrong is counted, and too much of it in a row suspends the plugin for a while.

    A plugin that fails again when it is tried is suspended at once, for twice as long. `changed` is told why it stands
    as it does now; `resumable` says whether it can be tried again.
    """

    def __init__(
        self,
        plugin: Plugin,
        limits: Limits,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        *,
        changed: Callable[[str], None],
        resumable: Callable[[], bool],
        redact: Callable[[str], str],
    ) -> None:
        self._plugin = plugin
        self._limits = limits
        self._clock = clock
        self._loop = loop
        self._changed = changed
        self._resumable = resumable
        self._redact = redact
        self._in_a_row = 0
        self._failed_at = -2
        self._suspension = limits.suspension
        self._waiting: asyncio.Task[None] | None = None

    def failed(
        self, turn: int, reason: str, error: BaseException | None = None, *, stack: str = "", at_once: bool = False
    ) -> None:
        """Count a failure in call number `turn`; with one in the call before it is in a row.

        `at_once` suspends right away. `stack` tells where it happened, if there is no error to tell it.
        """
        reason = self._redact(reason)
        trace = self._redact(traceback_of(error) if error is not None else stack)
        self._plugin.failures += 1
        self._plugin.last_failure = Failure(self._clock.now(), reason, trace)
        log.error("plugin %s: %s", self._plugin.name, reason, exc_info=error)
        if turn - self._failed_at <= 1:
            self._in_a_row += 1
        else:
            self._in_a_row = 1
            self._suspension = self._limits.suspension
        self._failed_at = turn
        if self._plugin.state is PluginState.LOADED and (at_once or self._in_a_row >= self._limits.failures):
            self._suspend(reason)

    def close(self) -> None:
        """Try it no more."""
        if self._waiting is not None:
            self._waiting.cancel()

    def _suspend(self, reason: str) -> None:
        duration = self._suspension
        self._suspension = min(2 * duration, self._limits.longest_suspension)
        times = f"{self._in_a_row} failures in a row, the last: " if self._in_a_row > 1 else ""
        self._plugin.state = PluginState.SUSPENDED
        self._plugin.reason = f"suspended for {duration:g} s: {times}{reason}"
        self._waiting = self._loop.create_task(self._try_again(duration), name=f"resume {self._plugin.name}")
        log.error("plugin %s %s", self._plugin.name, self._plugin.reason)
        self._changed(self._plugin.reason)

    async def _try_again(self, duration: float) -> None:
        await self._clock.sleep(duration)
        while not self._resumable():
            await self._clock.sleep(self._suspension)
            self._suspension = min(2 * self._suspension, self._limits.longest_suspension)
        self._plugin.state, self._plugin.reason = PluginState.LOADED, ""
        log.info("plugin %s is tried again", self._plugin.name)
        self._changed("tried again")
