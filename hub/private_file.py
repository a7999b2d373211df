"""Files that only their owner can read: looked at without trust, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from hub.errors import UserError

LARGEST = 64 * 1024


def read_private(path: Path) -> str:
    """Return the text of a file that its owner alone can read, without its last line end; raises `UserError`."""
    try:
        # a pipe must not make us wait, so it is opened without and refused below
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            _refuse_public(path, os.fstat(file.fileno()))
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError.of(
            f"cannot be read: {error.strerror}", f"put the secret into {path}, readable by you alone"
        ) from None
    if len(content) > LARGEST:
        raise UserError.of(f"is larger than {LARGEST} bytes", "is it the right file?")
    try:
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UserError.of("is not UTF-8 text", "save it as UTF-8") from None
    if not text:
        raise UserError.of("the file is empty", f"put the secret into {path}")
    return text


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read; whoever looks finds the old or the new, never a part.

    It is on the disk when this returns. Raises `UserError`.
    """
    name = ""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".phonehub-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise UserError.of(f"cannot be written: {error.strerror}", "make its folder writable", str(path)) from None


def _refuse_public(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UserError.of("is not a file", f"put the secret into a file {path}")
    if os.name != "posix":  # pragma: no cover  elsewhere the modes say nothing
        return
    if status.st_uid not in {0, os.geteuid()}:
        raise UserError.of("the file belongs to somebody else", f"make it yours: chown {os.geteuid()} {path}")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError.of("others can read the file", f"chmod 600 {path}")
