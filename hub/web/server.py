"""Serves the API of one hub, in the hub's own event loop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvicorn

from hub.errors import UserError
from hub.web import tokens
from hub.web.app import create_app
from hub.web.embedded import EmbeddedServer
from hub.web.guard import Address, Guard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI

    from hub.web.host import Host
    from hub.web.stream import Stream

FILE = "api.json"
LARGEST_MESSAGE = 64 * 1024
"""The largest WebSocket message of a client, in bytes."""


class ApiServer:
    """The HTTP API of a hub on a host and port (0: a free one), told to local programs in `<state>/api.json`.

    `names` are further names by which browsers reach it; `stop_within` bounds in seconds how long requests under
    way may take at the end. The state folder must be locked by this hub (`StateLock`).
    """

    def __init__(
        self,
        hub: Host,
        *,
        state: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Iterable[str] = (),
        stop_within: int = 2,
    ) -> None:
        self._state = state
        self._host = host
        self._port = port
        self._names = frozenset(name.lower() for name in names)
        self._stop_within = stop_within
        self._server: EmbeddedServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self.app: FastAPI = create_app(hub, tokens.issue(state, hub.phones), version=version("phonehub"))
        self.url = ""

    async def start(self) -> None:
        """Listen; raises `UserError` if the address is not to be had."""
        listener = self._bind()
        address = Address(self._host, listener.getsockname()[1], self._names)
        config = uvicorn.Config(
            Guard(self.app, address, uploads=self.app.state.uploads),
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=self._stop_within,
        )
        self._server = EmbeddedServer(config)
        self._stream.open()
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="api")
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait({up, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._serving.done():
            await self._serving
        self.url = address.url
        _write(self._state / FILE, {"url": self.url, "pid": os.getpid()})

    async def stop(self) -> None:
        """Serve no longer; requests under way may end. May be called twice, or without a start."""
        if self._server is None or self._serving is None:
            return
        (self._state / FILE).unlink(missing_ok=True)
        self._stream.close()
        self._server.should_exit = True
        await self._serving
        self._server = self._serving = None

    @property
    def _stream(self) -> Stream:
        return cast("Stream", self.app.state.stream)

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family, backlog=2048)
        except OSError as error:
            raise UserError.of(
                f"cannot listen at {self._host} port {self._port}: {error.strerror}",
                "set another address in [web]; port = 0 takes any that is free",
                "web",
            ) from None


def _write(path: Path, content: dict[str, object]) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    Path(name).replace(path)
