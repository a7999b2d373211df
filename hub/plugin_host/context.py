from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    import httpx

    from hub.clock import Clock
    from hub.events import Event
    from hub.phone.phone import Phone
    from hub.store.database import Database

T = TypeVar("T")


class Context:
    """What a plugin needs from its host, for one user (`user` is empty in the context of the hub itself).

    `config` is the plugin's checked table (with the user's own over it), `folder` a place for its files, `database` runs
    work on its own tables, `phone` is the user's phone, `http` a shared HTTP client.
    """

    def __init__(  # noqa: PLR0913  one argument for each thing the host hands over
        self,
        *,
        plugin: str,
        user: str,
        config: Any,
        log: logging.Logger,
        clock: Clock,
        folder: Path,
        emit: Callable[[Event], None],
        next_seq: Callable[[], int],
        phone: Phone | None,
        database: Database | None,
        http: Callable[[], httpx.AsyncClient],
        secret: Callable[[str], str],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.plugin = plugin
        self.user = user
        self.config = config
        self.log = log
        self.clock = clock
        self.folder = folder
        self.secret = secret
        self._emit = emit
        self._next_seq = next_seq
        self._phone = phone
        self._database = database
        self._http = http
        self._loop = loop
        self.tasks: set[asyncio.Task[Any]] = set()
