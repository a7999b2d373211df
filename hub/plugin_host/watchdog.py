"""Names who holds up the event loop. It cannot be stopped, since a coroutine gives the loop back only when it will."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from hub.plugin_host.plugin import LONGEST_TRACEBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from hub.plugin_host.plugin import Plugin

log = logging.getLogger(__name__)

_LOOK = 0.45
_ANSWER = 0.25
"""Parts of `within`: from one look to the next, and what the loop may then take to answer."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """Who holds up the loop: a plugin (empty: none can be named), where in its code, and the stack."""

    plugin: str
    where: str
    stack: str


class Watchdog:
    """A thread that looks now and then whether the loop waits, and if not, whether it answers.

    What does not answer is named in the log `within` so many seconds; `held_up(plugin, reason, stack)` is called on the
    loop once it is back.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        plugins: Iterable[Plugin],
        held_up: Callable[[str, str, str], None],
        *,
        within: float = 1.0,
    ) -> None:
        self._loop = loop
        self._plugins = plugins
        self._held_up = held_up
        self._within = within
        self._loop_thread = threading.get_ident()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plugin watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch. Made and started on the loop's own thread."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more. The thread is not waited for: it may be waiting for the loop."""
        self._is_stopping.set()

    def _run(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed without stopping the watchdog
            while not self._is_stopping.wait(self._within * _LOOK):
                if not self._is_loop_waiting():
                    self._ask()

    def _is_loop_waiting(self) -> bool:
        """Whether the loop waits for something to happen; others than asyncio's own loops cannot be looked at so."""
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001  there is no other way to see its stack
        if frame is None or frame.f_back is None:
            return False
        return frame.f_code.co_name in {"select", "_poll"} and frame.f_back.f_code.co_name in {"_run_once", "select"}

    def _ask(self) -> None:
        asked = monotonic()
        answered = threading.Event()
        self._loop.call_soon_threadsafe(answered.set)
        if answered.wait(self._within * _ANSWER) or self._is_stopping.is_set():
            return
        culprit = self._culprit()
        if culprit is None or answered.is_set():
            return
        who = f"plugin {culprit.plugin}" if culprit.plugin else "something that is no plugin"
        log.error("the event loop is held up by %s in %s:\n%s", who, culprit.where, culprit.stack)
        while not answered.wait(self._within) and not self._is_stopping.is_set():
            pass
        seconds = monotonic() - asked + self._within * _LOOK / 2  # it began somewhere between two looks
        reason = f"it held up the event loop for about {seconds:.1f} s in {culprit.where}"
        self._loop.call_soon_threadsafe(self._held_up, culprit.plugin, reason, culprit.stack)

    def _culprit(self) -> Culprit | None:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001  as above
        if frame is None:
            return None
        named = _owner(asyncio.current_task(self._loop))
        theirs = next(((plugin, at) for at in _outwards(frame) if (plugin := self._owner_of_code(at, named))), None)
        plugin, at = theirs or (named, frame)
        where = f"{at.f_code.co_name} ({Path(at.f_code.co_filename).name}:{at.f_lineno})"
        return Culprit(plugin, where, _stack(frame))

    def _owner_of_code(self, frame: FrameType, named: str) -> str:
        """Return which plugin the code of a frame belongs to: the one that is named already, if it can be."""
        module = str(frame.f_globals.get("__name__", ""))
        owners = [
            plugin.name
            for plugin in self._plugins
            if any(module == home or module.startswith(f"{home}.") for home in plugin.modules)
        ]
        return named if named in owners else "" if named or not owners else owners[0]


def _owner(task: asyncio.Task[object] | None) -> str:
    """The host names the tasks it makes for a plugin `plugin NAME: what`."""
    words = task.get_name().split() if task is not None else []
    return words[1].removesuffix(":") if len(words) > 1 and words[0] == "plugin" else ""


def _stack(frame: FrameType) -> str:
    """Return the stack from where the loop began what it does now."""
    calls = traceback.extract_stack(frame)
    begun = max((place for place, call in enumerate(calls) if call.name == "_run_once"), default=-2)
    return "".join(traceback.format_list(calls[begun + 2 :]))[-LONGEST_TRACEBACK:]


def _outwards(frame: FrameType) -> Iterator[FrameType]:
    at: FrameType | None = frame
    while at is not None:
        yield at
        at = at.f_back
