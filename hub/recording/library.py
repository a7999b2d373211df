"""The library of recordings: what there is, how it sounds, and how it goes away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.recording import sidecar
from hub.recording.naming import SIDECAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.core.call import Call
    from hub.recording.sidecar import Sidecar
    from hub.store.recordings import RecordingEntry
    from hub.store.store import Store

log = logging.getLogger(__name__)


class NoRecording(LookupError):  # noqa: N818  what it tells
    """The user has no such recording, or its file is not there any more."""


class Library:
    """All users' recordings; each sees their own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, entry: RecordingEntry) -> None:
        """Add a recording, or what is new of it; it shows at its call in the history."""
        await self._store.add_recording(entry)

    async def entries(self, user: str, **wanted: Any) -> Sequence[RecordingEntry]:
        """Return a user's recordings, newest first; `wanted` as in `hub.store.recordings.Wanted`."""
        return await self._store.recordings(user, **wanted)

    async def find(self, user: str, recording: str) -> RecordingEntry | None:
        """Return a recording, also a deleted one; None if there was none."""
        return await self._store.recording(user, recording)

    async def get(self, user: str, recording: str) -> RecordingEntry:
        """Return a recording; raises `NoRecording`."""
        found = await self.find(user, recording)
        if found is None or found.deleted is not None:
            raise NoRecording(f"there is no recording {recording}")
        return found

    async def details(self, user: str, recording: str) -> Sidecar:
        """Return all that is told of a recording beside its file; raises `NoRecording`."""
        entry = await self.get(user, recording)
        told = await asyncio.to_thread(sidecar.read, _sidecar(Path(entry.audio)))
        if told is None:
            raise NoRecording(f"what stood beside recording {recording} is not there any more")
        return told

    async def audio(self, user: str, recording: str) -> Path:
        """Return a recording's file; raises `NoRecording`."""
        path = Path((await self.get(user, recording)).audio)
        if not await asyncio.to_thread(path.is_file):
            raise NoRecording(f"the file of recording {recording} is not there any more")
        return path

    async def peaks(self, user: str, recording: str, points: int) -> list[list[float]]:
        """Return the shape of a recording, for each channel; raises `NoRecording`."""
        return await asyncio.to_thread(_shape, recording, await self.audio(user, recording), points)

    async def delete(self, user: str, recording: str, by: str) -> None:
        """Delete a recording's files, and keep who did that; raises `NoRecording` or OSError."""
        entry = await self.get(user, recording)
        await asyncio.to_thread(_remove, Path(entry.audio))
        await self._store.recording_deleted(user, recording, by)
        log.info("recording %s of %s, begun %s, was deleted by %s", recording, user, entry.began, by)

    async def outdated(self, user: str, before: datetime | None, most_bytes: int) -> Sequence[RecordingEntry]:
        """Return recordings begun before a time, and the oldest of those beyond so many bytes (0: any number)."""
        return await self._store.outdated_recordings(user, before, most_bytes)

    async def call(self, user: str, call: str) -> Call | None:
        """Return a call of the history, None if it is not there."""
        await self._store.flush()
        return await self._store.call(user, call)


def _shape(recording: str, path: Path, points: int) -> list[list[float]]:
    from hub.recording.waveform import NoAudio, peaks  # not on the loop: it brings numpy

    try:
        return peaks(path, points)
    except NoAudio as error:
        raise NoRecording(f"the file of recording {recording} cannot be read: {error}") from None


def _sidecar(audio: Path) -> Path:
    return audio.with_suffix(SIDECAR)


def _remove(audio: Path) -> None:
    for path in (audio, _sidecar(audio)):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
