"""A drop-in plugin for a hub in a process of its own: its phone is on a call from the first moment on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from talking import TalkingLine, TalkingPhones

from hub.core.call import CallState

PLUGIN = """\
import sys

sys.path[:0] = {paths!r}
from always_talking import BusyPhones


class Busy(BusyPhones):
    pass
"""


class BusyLine(TalkingLine):
    """Whoever signs in finds a call that was answered just now."""

    async def open(self, mark: str) -> BusyLine:
        self.ring("+15855551234", "Ada Caller", f"talk-{datetime.now(UTC).timestamp()}")
        ((name, leg),) = self.legs.items()
        self.legs[name] = replace(leg, state=CallState.CONNECTED, answered=datetime.now(UTC))
        self.told.get_nowait()
        await super().open(mark)
        return self


class BusyPhones(TalkingPhones):
    """The plugin."""

    def __init__(self) -> None:
        super().__init__(BusyLine())
