from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import printable, say

if TYPE_CHECKING:
    from asyncio import Task

    from hub.app import Hub
    from hub.cli import Settings
    from hub.config import Config
    from hub.secrets import Redactor

LEVELS = ("debug", "info", "warning", "error")
_PATIENCE = 3
"""Signals after which the hub ends at once."""


@click.command("run")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="How much to tell.")
@click.pass_obj
def command(settings: Settings, log_level: str) -> None:
    """Run the hub until it is stopped with Ctrl-C or a termination signal.

    Calls go on without it.
    """
    import asyncio

    from hub import config_file
    from hub.config import load
    from hub.errors import UserError

    config = load(settings.config)
    if not any(section.phone for section in config.users.values()):
        raise UserError.of(
            "no user has a phone yet",
            f'begin with this, or watch a simulated office with "phonehub demo":\n\n{config_file.SAMPLE}',
            str(config.path),
        )
    asyncio.run(_serve(config, log_level))


def _leave() -> None:
    """End the process though a plugin's task does not let go: `asyncio.run` would wait for it for ever."""
    import logging
    import os
    import sys

    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _serve(config: Config, log_level: str) -> None:
    """Run until a signal comes; more of them do not keep the hub from stopping in order, but the third ends it."""
    import asyncio

    from hub.app import Hub

    hub = Hub(config)
    _log(hub.redactor, log_level)
    running = asyncio.create_task(_run(hub), name="hub")
    _on_signals(running)
    try:
        await running
    except asyncio.CancelledError:
        say("stopping; calls go on")
    finally:
        await hub.stop()
        if running.cancelled() and asyncio.all_tasks() - {asyncio.current_task()}:
            _leave()


async def _run(hub: Hub) -> None:
    import asyncio

    await hub.start()
    say(f"phonehub is up for {', '.join(map(printable, hub.phones))} at {hub.server.url}; Ctrl-C stops it")
    await asyncio.Event().wait()


def _on_signals(running: Task[None]) -> None:
    import asyncio
    import contextlib
    import os
    import signal

    came = 0

    def stop() -> None:
        nonlocal came
        came += 1
        running.cancel()
        if came == _PATIENCE:
            os._exit(128 + signal.SIGINT)

    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: asyncio.run itself listens to Ctrl-C
            asyncio.get_running_loop().add_signal_handler(each, stop)


def _log(redactor: Redactor, level: str) -> None:
    """Log to standard error, without the secrets that the hub has looked up."""
    import logging

    from hub.secrets import RedactingFilter

    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter(redactor))
    style = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    logging.basicConfig(level=level.upper(), format=style, handlers=[handler])
    for chatty in ("alembic", "httpx", "httpcore", "uvicorn", "websockets", "watchdog"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
