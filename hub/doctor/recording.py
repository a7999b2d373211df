"""Recording: whether it is installed, and there is a place for what is recorded."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hub.doctor.finding import Finding, Verdict, good

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.config import Config

ABOUT = "recording"
NEEDED = ("numpy", "av", "soundfile")
AN_HOUR = 58_000_000
"""Bytes of an hour of G.711 in stereo, as it is written during a call."""
LITTLE = 20
"""Hours that should be left."""


def recording(config: Config) -> Iterator[Finding]:
    """Look at what recording needs: libraries, and each folder, which must have room and let itself be written."""
    always = any(config.recording(user).record_all or config.recording(user).enforced for user in config.users)
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        verdict = Verdict.BAD if always else Verdict.NOTE
        told = f"no call can be recorded: {', '.join(missing)} not installed"
        yield Finding(ABOUT, verdict, told, 'pip install "phonehub[recording]"')
        return
    own = config.hub.state / "recordings"
    for folder in dict.fromkeys(config.recording(user).folder or own for user in config.users):
        yield _folder(folder, is_own=folder == own)


def _folder(folder: Path, *, is_own: bool) -> Finding:
    remedy = "set another one: [recording] folder"
    there = next(each for each in (folder, *folder.parents) if each.exists()) if is_own else folder
    if not there.is_dir():
        return Finding(ABOUT, Verdict.BAD, f"there is no folder {folder}", f"make it, or {remedy}")
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return Finding(ABOUT, Verdict.BAD, f"{there} cannot be written", f"make it yours, or {remedy}")
    hours = shutil.disk_usage(there).free // AN_HOUR
    told = f"{folder} has room for {hours:,} hours of calls"
    if hours < LITTLE:
        return Finding(ABOUT, Verdict.BAD if not hours else Verdict.NOTE, told, f"make room, or {remedy}")
    return good(ABOUT, told)
