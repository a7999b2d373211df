"""Takes a file that is sent, onto the disk, where it has no name."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from hub import UserError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

_AT_ONCE = 1 << 20


async def receive(chunks: AsyncIterator[bytes], folder: Path, within: float = 60.0) -> tuple[BinaryIO, int]:
    """Return a file with what is sent, from its start, and its size; whoever asked closes it.

    Raises `UserError` where it cannot be written, or where nothing comes `within` so many seconds.
    """
    file = TemporaryFile(dir=folder)  # noqa: SIM115  it is handed on
    try:
        waiting: list[bytes] = []
        gathered = size = 0
        chunk: bytes | None = b""
        while chunk is not None:
            async with asyncio.timeout(within):
                chunk = await anext(chunks, None)
            waiting.append(chunk or b"")
            gathered += len(waiting[-1])
            if gathered >= _AT_ONCE or chunk is None:
                await asyncio.to_thread(file.writelines, waiting)
                size += gathered
                waiting, gathered = [], 0
        await asyncio.to_thread(file.seek, 0)
    except BaseException as error:
        file.close()
        if isinstance(error, TimeoutError):
            raise UserError.of(f"no more of the file came within {within:g} s", "send it again") from None
        if isinstance(error, OSError):
            raise UserError.of(f"the file cannot be kept: {error.strerror}", "make room", str(folder)) from None
        raise
    return file, size
