"""An `.ics` file, or a folder of them, as a source; watched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hub import FolderSigns, SourceRefused, SourceUnreachable
from hub_calendar.appointment import Problem
from hub_calendar.sources.texts import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from hub_calendar.expand import Expansion
    from hub_calendar.sources import Span

_ENDINGS = {".ics", ".ical", ".icalendar", ".ifb"}


class CalendarFiles:
    """Reads at most `most_files` files of at most `most_bytes` each, `settle` seconds after a sign of change."""

    def __init__(
        self, path: Path, *, most_bytes: int = 50_000_000, most_files: int = 10_000, settle: float = 0.2
    ) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._texts = Texts()
        self._signs = FolderSigns(path if path.is_dir() else path.parent, settle)

    async def appointments(self, span: Span) -> Expansion:
        """Read the files."""
        await self._signs.begin()
        texts, problems = await asyncio.to_thread(self._read)
        return await self._texts.expanded(texts, span, problems)

    async def changed(self) -> None:
        """Return when something in the folder has changed."""
        await self._signs.wait()

    async def close(self) -> None:
        """Watch no more."""
        await self._signs.close()

    def _read(self) -> tuple[dict[str, bytes], list[Problem]]:
        """Return the text of each file by its name; one file alone must be readable."""
        if not self._path.is_dir():
            try:
                return {"": self._bytes(self._path)}, []
            except OSError as error:
                raise SourceUnreachable.of(
                    f"it cannot be read: {error.strerror}", "make it, or mend the path", str(self._path)
                ) from None
            except ValueError as error:
                raise SourceRefused.of(str(error), "split it", str(self._path)) from None
        texts: dict[str, bytes] = {}
        problems: list[Problem] = []
        for path in self._files():
            try:
                texts[path.name] = self._bytes(path)
            except OSError as error:
                problems.append(Problem(path.name, f"it cannot be read: {error.strerror}"))
            except ValueError as error:
                problems.append(Problem(path.name, str(error)))
        return texts, problems

    def _files(self) -> list[Path]:
        try:
            files = [each for each in self._path.iterdir() if each.suffix.lower() in _ENDINGS and each.is_file()]
        except OSError as error:
            raise SourceUnreachable.of(
                f"the folder cannot be read: {error.strerror}", "mind its rights", str(self._path)
            ) from None
        if len(files) > self._most_files:
            raise SourceRefused.of(
                f"it has more than {self._most_files:,} files", "name one of its folders", str(self._path)
            )
        return sorted(each for each in files if not each.name.startswith("."))

    def _bytes(self, path: Path) -> bytes:
        if path.stat().st_size > self._most_bytes:
            raise ValueError(f"it is larger than {self._most_bytes:,} bytes")
        return path.read_bytes()
