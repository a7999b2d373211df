"""Makes the file of a call that is over into what was wished for, by libsndfile, in a process of its own."""

from __future__ import annotations

import hashlib
import os
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.recording.naming import OWNER_ONLY

if TYPE_CHECKING:
    from pathlib import Path


class Format(StrEnum):
    """What recordings are kept as."""

    WAV = "wav"
    FLAC = "flac"
    OPUS = "opus"


ENDINGS = {Format.WAV: ".wav", Format.FLAC: ".flac", Format.OPUS: ".opus"}
MEDIA_TYPES = {Format.WAV: "audio/wav", Format.FLAC: "audio/flac", Format.OPUS: "audio/ogg"}
_KINDS = {Format.FLAC: ("FLAC", "PCM_16"), Format.OPUS: ("OGG", "OPUS")}
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_FRAMES = 65_536


def convert(source: Path, target: Path, to: Format) -> None:
    """Write the audio of `source` to `target`, which appears whole or not at all and overwrites nothing."""
    import soundfile

    kind, subtype = _KINDS[to]
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    try:
        with soundfile.SoundFile(source) as given:
            if to is Format.OPUS and given.samplerate not in _OPUS_RATES:
                raise ValueError(f"Opus has no {given.samplerate} Hz")
            with soundfile.SoundFile(
                part, "w", samplerate=given.samplerate, channels=given.channels, format=kind, subtype=subtype
            ) as made:
                while len(frames := given.read(_FRAMES, dtype="int16")):
                    made.write(frames)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            raise FileExistsError(f"{target} is there already")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def digest(path: Path) -> tuple[int, str]:
    """Return a file's size and its SHA-256."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), found


def finished(source: Path, target: Path, to: Format) -> tuple[int, str]:
    """Bring a finished WAV file into its final format and place; return size and SHA-256. For another process."""
    if source != target:
        convert(source, target, to)
    found = digest(target)
    if source != target:
        source.unlink()
    return found


def main() -> None:
    """Finish one file, and print what came of it: `python -m hub.recording.convert SOURCE TARGET FORMAT`."""
    import json
    import sys
    from pathlib import Path

    source, target, to = sys.argv[1:]
    size, sha256 = finished(Path(source), Path(target), Format(to))
    sys.stdout.write(json.dumps({"size": size, "sha256": sha256}))


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # a call that is over can wait
    main()
