"""Finds the running hub that a command speaks to, and the token of the user for whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hub import config_file
from hub.errors import UserError
from hub.web.client import START, Client, NoHub, Refused, is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from hub.cli import Settings

__all__ = ["Client", "NoHub", "Refused", "connect"]


def connect(settings: Settings) -> Client:
    """Find the running hub and the user's token; raises `NoHub` if none runs, `UserError` if the user is not known."""
    state = config_file.state_folder(config_file.find(settings.config))
    try:
        told = json.loads((state / "api.json").read_text("utf-8"))
        url, pid = str(told["url"]), int(told["pid"])
    except FileNotFoundError:
        raise NoHub.of(f"no hub is running on {state}", f"{START}, or name its configuration with --config") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoHub.of(f"{state / 'api.json'} cannot be read: {error}", f"stop the hub, then {START}") from None
    if not is_alive(pid):
        raise NoHub.of(f"the hub on {state} has ended without saying so", START)
    return Client(url, _token(state, settings.user))


def _token(state: Path, user: str | None) -> str:
    folder = state / "tokens"
    try:
        users = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise UserError.of(
            f"the hub's tokens cannot be read: {error.strerror}", "is it another person's hub?", str(folder)
        ) from None
    name = user or (users[0] if len(users) == 1 else "")
    if not users:
        raise UserError.of("the hub serves no user yet", "add one to its configuration: [users.NAME.phone]")
    if not name:
        raise UserError.of(
            f"the hub serves several users: {', '.join(users)}", "name one with --user, or in PHONEHUB_USER"
        )
    if name not in users:
        from hub.checking import suggest

        raise UserError.of(f'the hub serves no user "{name}"', suggest(name, users))
    return (folder / name).read_text("ascii").strip()
