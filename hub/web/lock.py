"""One hub at a time works on a state folder."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from hub.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "hub.lock"


class StateLock:
    """Holds a state folder for this process, which it makes if need be, readable by its owner only.

    The operating system lets go of it when the process ends, however that comes about.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock the folder; raises `UserError` if another hub has it, or it cannot be written."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.chmod(0o700)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise UserError.of(
                f"the state folder cannot be used: {error.strerror}",
                "set another one: [hub] state = ...",
                str(self._path.parent),
            ) from None
        if not _lock(descriptor):
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise UserError.of(
                f"a hub already works on this state folder ({who})",
                "stop that one, or give this one a state folder of its own: [hub] state = ...",
                str(self._path.parent),
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; may be called twice. The file stays: to delete it would take it from whoever locks it just now."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 20
    """Windows keeps others from reading what is locked; so a byte far behind the process id is."""

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
