"""The administrator of the simulated phone system, who types commands: one a line, on standard input."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, TextIO

from hub.core.presence import Presence
from hub.printable import printable
from hub.sim.exchange.refusal import Refused

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from hub.sim.server import SimServer

USAGE = "say one of: wipe USER HANDSET [PASSWORD]; require-change USER; presence USER PRESENCE"


class Administrator:
    """Does at a running server what is typed; a new password that is not given is made up, and said."""

    def __init__(self, server: SimServer, say: Callable[[str], None]) -> None:
        self._server = server
        self._say = say

    def obey(self, line: str) -> None:
        """Do what a line asks, and say what came of it."""
        try:
            told = self._obeyed(line.split())
        except Refused as refused:
            told = f"refused: {refused}"
        if told:
            self._say(told)

    def _obeyed(self, words: list[str]) -> str:
        match words:
            case []:
                return ""
            case ["wipe", user, handset]:
                password = secrets.token_urlsafe(9)
                self._server.exchange.wipe(self._server.now(), user, handset, password)
                return f"wiped {printable(handset)}; the password of {printable(user)} is now {password}"
            case ["wipe", user, handset, password]:
                self._server.exchange.wipe(self._server.now(), user, handset, password)
                return f"wiped {printable(handset)}; the password of {printable(user)} is the one you gave"
            case ["require-change", user]:
                self._server.exchange.require_change(user)
                return f"{printable(user)} must choose a new password at the next sign-in"
            case ["presence", user, presence]:
                return self._be(user, presence)
        return USAGE

    def _be(self, user: str, presence: str) -> str:
        if presence not in set(Presence):
            return f"a presence is one of {', '.join(Presence)}"
        self._server.exchange.change_presence(self._server.now(), user, Presence(presence))
        return f"the presence of {printable(user)} is now {presence}"

    def listen(self, loop: asyncio.AbstractEventLoop, where: TextIO) -> None:
        """Read lines on a thread, which ends with them or with the process, and obey them on the loop."""

        def read() -> None:
            for line in where:
                if loop.is_closed():
                    return
                loop.call_soon_threadsafe(self.obey, line)

        threading.Thread(target=read, name="administrator", daemon=True).start()
