"""What of a file was refused, kept on disk: there may be as many refusals as rows."""

from __future__ import annotations

import json
from tempfile import TemporaryFile
from threading import Lock
from typing import TYPE_CHECKING

from hub_contacts.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class RefusedSpool:
    """Refusals in a file that has no name, and is gone when it is closed or the hub ends; usable from any thread."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115  it is closed by `close`
        self._lock = Lock()

    def add(self, refused: Iterable[Refused]) -> None:
        """Keep refusals, after those that there are."""
        lines = [json.dumps([each.line, each.reason, each.partly]) + "\n" for each in refused]
        with self._lock:
            self._file.seek(0, 2)
            self._file.write("".join(lines).encode())
            self.count += len(lines)

    def page(self, after: int, limit: int) -> tuple[list[Refused], int]:
        """Return refusals from a place on (0: the first), and the place of the next; ValueError if it is none."""
        with self._lock:
            self._file.seek(after)
            lines = [line for _ in range(limit) if (line := self._file.readline())]
            return [Refused(*json.loads(line)) for line in lines], self._file.tell()

    def close(self) -> None:
        """Forget them."""
        with self._lock:
            self._file.close()
