"""How recordings are named: `jsmith_2026-11-23_141502_in_+15855551234.wav`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from hub.core.call import Call

SIDECAR = ".json"
OWNER_ONLY = 0o600
LONGEST = 40
"""Characters of a number in a file name."""
MOST_ALIKE = 1000
"""Recordings that may bear the same name but for the number at its end."""

_UNSAFE = re.compile(r"[^A-Za-z0-9+._-]+")


def stem_of(call: Call, began: datetime) -> str:
    """Return the name of a call's recording without its ending; `began` is in the time zone that the name shows."""
    direction = "in" if call.direction == "inbound" else "out"
    number = call.party.number
    return f"{_safe(call.user)}_{began:%Y-%m-%d_%H%M%S}_{direction}_{_safe(number.e164 or number.text)}"


def claim(folder: Path, stem: str, endings: Iterable[str]) -> Path:
    """Make an empty sidecar, for its owner's eyes only, that nothing of that name has yet; return its path.

    Who has the sidecar has the name with every ending. A number goes at the end where the name is taken; OSError if
    the folder cannot be written.
    """
    for nth in range(1, MOST_ALIKE + 1):
        sidecar = folder / f"{stem if nth == 1 else f'{stem}_{nth}'}{SIDECAR}"
        if any(beside(sidecar, ending).exists() for ending in endings):
            continue
        try:
            os.close(os.open(sidecar, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        except FileExistsError:
            continue
        return sidecar
    raise FileExistsError(f"{folder} has {MOST_ALIKE} recordings called {stem} already")


def beside(sidecar: Path, ending: str) -> Path:
    """Return the file of a sidecar with another ending; a number may hold a dot, so that is not what follows one."""
    return sidecar.with_name(sidecar.name.removesuffix(SIDECAR) + ending)


def _safe(text: str) -> str:
    """Return text with all that is unsafe in a file name replaced; who calls chooses it, and may choose `../x`."""
    return _UNSAFE.sub("_", text)[:LONGEST].strip("._-") or "withheld"
