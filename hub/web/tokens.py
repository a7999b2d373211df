"""One bearer token a user, each in a file that only the owner of the hub can read."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = "tokens"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Tokens:
    """Knows which user a token stands for."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {user: token.encode() for user, token in tokens.items()}

    def user(self, token: str) -> str | None:
        """Return whose token it is; takes as long for a wrong one as for a right one."""
        given = token.encode("utf-8", "replace")
        found = None
        for user, known in self._tokens.items():
            if hmac.compare_digest(given, known):
                found = user
        return found


def issue(state: Path, users: Iterable[str]) -> Tokens:
    """Return each user's token from the state folder, making those that are missing or that others could have read.

    Those of users who have gone go too.
    """
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    tokens = {user: _kept(folder / user) or _made(folder / user) for user in users}
    for path in folder.iterdir():
        if path.name not in tokens and not path.is_dir():
            path.unlink()
    return Tokens(tokens)


def read(state: Path, user: str) -> str:
    """Return a user's token for a program of the same owner; raises `OSError` if there is none to be read."""
    return (state / FOLDER / user).read_text("ascii").strip()


def _kept(path: Path) -> str:
    """Return what is in the file, or nothing if it cannot be trusted to be a secret of the owner's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return ""
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        status = os.fstat(file.fileno())
        if os.name == "posix" and (status.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or status.st_uid != os.getuid()):
            return ""
        text = file.read(100).strip()
    return text if _TOKEN.fullmatch(text) else ""


def _made(path: Path) -> str:
    """Write a new token; whoever looks meanwhile finds the whole of the old or of the new, never a part."""
    token = secrets.token_urlsafe(32)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    Path(name).replace(path)
    return token
