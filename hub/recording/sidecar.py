"""What stands beside a recording: a JSON file that tells all about it, from its beginning on."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, field_validator

from hub.core.call import Direction
from hub.recording.convert import Format
from hub.recording.naming import OWNER_ONLY

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1024 * 1024
"""Bytes of a sidecar that is read; one that is larger is not the hub's."""


class Stage(StrEnum):
    """How far a recording is: `recording` also after a crash, `converting` until it has its final format."""

    RECORDING = "recording"
    CONVERTING = "converting"
    SAVED = "saved"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Side(_Part):
    """A party: `number` as received, `e164` what it means."""

    name: str = ""
    number: str = ""
    e164: str = ""


class Marker(_Part):
    """Something about the audio at a place in the file, in seconds from its beginning."""

    at: float
    what: str
    why: str = ""


class Gap(_Part):
    """What is not in the file: between `began` and `ended`; in the file it is at a place in seconds."""

    at: float
    began: AwareDatetime
    ended: AwareDatetime | None = None
    why: str = ""


class Reception(_Part):
    """How one stream arrived: packets, and the jitter of RFC 3550 in seconds.

    `refused` are datagrams of others than the sender of the stream.
    """

    received: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    reordered: int = 0
    refused: int = 0
    jitter: float = 0.0
    drift_ppm: float = 0.0


class Sidecar(_Part):
    """All about one recording. `missing` is how many seconds of the call were over when it began.

    `user` is in the left channel, `far` in the right. `sha256` is that of the audio file.
    """

    id: str
    stage: Stage
    audio: str
    format: Format
    call: str
    conversation: str
    user: str
    direction: Direction
    far: Side
    device: str = ""
    line: str = ""
    queue: str = ""
    started: AwareDatetime
    answered: AwareDatetime | None = None
    began: AwareDatetime
    ended: AwareDatetime | None = None
    missing: float = 0.0
    duration: float = 0.0
    codec: str = ""
    rate: int = 0
    gain: float = 0.0
    markers: tuple[Marker, ...] = ()
    gaps: tuple[Gap, ...] = ()
    left: Reception = Reception()
    right: Reception = Reception()
    size: int = 0
    sha256: str = ""

    @field_validator("audio")
    @classmethod
    def _stands_beside(cls, audio: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9+_-][A-Za-z0-9+._-]*", audio):
            raise ValueError("is not the name of a recording")
        return audio


def write(path: Path, told: Sidecar) -> None:
    """Put it in the place of what was there, at once or not at all; raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        fd = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(told.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(fd)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path) -> Sidecar | None:
    """Return what a sidecar tells, None if it is no recording's."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        return Sidecar.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
