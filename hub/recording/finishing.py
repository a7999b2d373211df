"""Finishes recordings of calls that are over, few at a time: final format, checksum, sidecar."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from hub.recording import sidecar
from hub.recording.convert import ENDINGS, Format, digest
from hub.recording.naming import beside
from hub.recording.sidecar import Sidecar, Stage

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = 2
"""Conversions that run at once, each in a process of its own."""
WITHIN = 600.0
"""Seconds that a conversion may take; Opus is encoded at 70 times real time and more."""


class CannotConvert(Exception):  # noqa: N818  what it tells
    """A recording could not be brought into its final format."""


class KeptAsItIs(CannotConvert):
    """It is kept, though not as it should be; `told` is what there is."""

    def __init__(self, message: str, told: Sidecar) -> None:
        super().__init__(message)
        self.told = told


class Finisher:
    """Brings recordings into their final format."""

    def __init__(self, *, at_once: int = AT_ONCE, within: float = WITHIN) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._within = within

    async def finish(self, path: Path, told: Sidecar) -> Sidecar:
        """Finish the recording of a sidecar; return what is told of it then. Raises `KeptAsItIs` or OSError."""
        wav, target = beside(path, ENDINGS[Format.WAV]), beside(path, ENDINGS[told.format])
        trouble: list[str] = []
        if wav == target or not wav.exists():  # it was converted before the hub was ended
            size, sha256 = await asyncio.to_thread(digest, target)
        else:
            async with self._turns:
                try:
                    size, sha256 = await self._convert(wav, target, told.format)
                except CannotConvert as error:
                    trouble.append(f"it stays as it was written: {error}")
                    target = wav
                    size, sha256 = await asyncio.to_thread(digest, wav)
        changes = {"stage": Stage.SAVED, "audio": target.name, "size": size, "sha256": sha256}
        if trouble:
            changes["format"] = Format.WAV
        done = told.model_copy(update=changes)
        try:
            await asyncio.to_thread(sidecar.write, path, done)
        except OSError as error:
            trouble.append(
                f"what is told beside it was not written: {error.strerror}; that is made good at a next start"
            )
        if trouble:
            raise KeptAsItIs("; ".join(trouble), done)
        return done

    async def _convert(self, source: Path, target: Path, to: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "hub.recording.convert", str(source), str(target), to,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._within):
                said, complained = await process.communicate()
        except TimeoutError:
            raise CannotConvert(f"not converted within {self._within:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            last = (complained.decode(errors="replace").strip().splitlines() or ["no reason was told"])[-1]
            raise CannotConvert(last[:500])
        told = json.loads(said)
        return int(told["size"]), str(told["sha256"])
