from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from hub.web.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastapi import FastAPI


@asynccontextmanager
async def served(app: FastAPI, before_end: Callable[[], None]) -> AsyncIterator[str]:
    """Serve an app on a free port of this computer; give its URL. `before_end` lets go of open connections."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = EmbeddedServer(
        uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="demo page")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        before_end()
        server.should_exit = True
        await serving
