"""A folder of vCard files as a source: one card a file or many, watched, written so that a reader never sees half."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub import (
    CardConflict,
    CardGone,
    CardRefused,
    ContactCard,
    ContactChanges,
    ContactSourceKind,
    FolderSigns,
    Problem,
    SourceRefused,
    SourceUnreachable,
)
from hub_contacts.sources.card_text import contact_in
from hub_contacts.sources.vcf_file import etag_of, read_vcf

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hub import Context, SignIn
    from hub_contacts.sources.vcf_file import VcfFile

_ENDINGS = {".vcf", ".vcard"}
_NAME = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 100


def _absolute(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_absolute():
        raise ValueError("should be a whole path, such as /home/ada/contacts or ~/contacts")
    return path


class FolderSettings(BaseModel):
    """What a source of the kind `folder` needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Annotated[Path, AfterValidator(_absolute)] = Field(description="the folder with the .vcf files")


class VCardFolder:
    """The source: a card's place is its file and its UID.

    At most `most_bytes` of one file and `most_files` files are read. It looks `settle` seconds after a sign of change.
    """

    writable = True

    def __init__(
        self, folder: Path, *, most_bytes: int = 100_000_000, most_files: int = 100_000, settle: float = 0.2
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._signs = FolderSigns(folder, settle)

    async def changes(self, token: str) -> ContactChanges:
        """Return all there is, unless no file has changed and there was nothing wrong with any."""
        return await asyncio.to_thread(self._changes, token)

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        """Write a card into its file, a new one into a file of its own."""
        return await asyncio.to_thread(self._put, href, text, etag)

    async def delete(self, href: str, etag: str) -> None:
        """Take a card out of its file; an empty file goes."""
        await asyncio.to_thread(self._delete, href, etag)

    async def changed(self) -> None:
        """Return when a file has changed."""
        await self._signs.wait()

    async def sign_in(self, _tell: Callable[[SignIn], None]) -> None:
        """Refuse: there is nobody to sign in at."""
        raise SourceRefused.of("a folder needs no signing in", "refresh it", str(self._folder))

    async def close(self) -> None:
        """Watch no more."""
        await self._signs.close()

    def _changes(self, token: str) -> ContactChanges:
        files, now = self._files()
        if now == token:
            return ContactChanges(token=now)
        cards: list[ContactCard] = []
        unread: set[str] = set()
        problems: list[Problem] = []
        for path in files:
            try:
                file = self._read(path)
            except (CardRefused, OSError) as error:
                problems += _problems(error, path)
                unread.add(_href(path, ""))
                continue
            cards += (ContactCard(_href(path, key), etag_of(text), text) for key, text in file.texts.items())
            problems += file.problems
            if not file.is_whole:
                unread.add(_href(path, ""))
        token = "" if unread or problems else now
        return ContactChanges(
            cards=tuple(cards), unread=frozenset(unread), problems=tuple(problems), token=token, whole=True
        )

    def _files(self) -> tuple[list[Path], str]:
        """Return the files, and what changes when one of them does."""
        try:
            with os.scandir(self._folder) as entries:
                found = sorted(
                    (entry.name, entry.stat())
                    for entry in entries
                    if not entry.name.startswith(".")
                    and Path(entry.name).suffix.lower() in _ENDINGS
                    and entry.is_file()
                )
        except OSError as error:
            raise SourceUnreachable.of(
                f"the folder cannot be read: {error.strerror}", "make it, or mount it", str(self._folder)
            ) from None
        if len(found) > self._most_files:
            raise SourceRefused.of(
                f"it has more than {self._most_files:,} files", "put several cards into one file", str(self._folder)
            )
        told = [f"{name}\0{stat.st_mtime_ns}\0{stat.st_size}\0{stat.st_ino}" for name, stat in found]
        digest = hashlib.blake2b("\n".join(told).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return [self._folder / name for name, _ in found], digest

    def _read(self, path: Path) -> VcfFile:
        if path.stat().st_size > self._most_bytes:
            raise CardRefused.of(f"the file is larger than {self._most_bytes:,} bytes", "split it", str(path))
        return read_vcf(path.read_bytes(), str(path))

    def _put(self, href: str, text: str, etag: str) -> ContactCard:
        contact = contact_in(text)
        if contact is None:
            raise CardRefused.of("the card says nothing", "", str(self._folder))
        if not href:
            name = _NAME.sub("-", contact.uid or contact.name).strip("-")[:_LONGEST_NAME] or "contact"
            path = self._folder / f"{name}.vcf"
            if path.exists():
                raise CardConflict.of("there is a file of this name already", "", str(path))
            self._write(path, text.encode())
            return self._only(path)
        path, key = self._place(href)
        file = self._checked(path, key, etag)
        before = set(file.texts)
        file.write(key, text)
        self._write(path, file.data())
        after = self._read(path)
        now = key if key in after.texts else next(iter(after.texts.keys() - before), key)
        return ContactCard(_href(path, now), etag_of(after.texts[now]), after.texts[now])

    def _only(self, path: Path) -> ContactCard:
        ((key, text),) = self._read(path).texts.items()
        return ContactCard(_href(path, key), etag_of(text), text)

    def _delete(self, href: str, etag: str) -> None:
        path, key = self._place(href)
        file = self._checked(path, key, etag)
        file.remove(key)
        if file.raw:
            self._write(path, file.data())
        else:
            path.unlink()

    def _place(self, href: str) -> tuple[Path, str]:
        name, _, key = href.rpartition("#")
        if Path(name).name != name:
            raise CardGone.of("there is no such file", "", str(self._folder))
        return self._folder / name, key

    def _checked(self, path: Path, key: str, etag: str) -> VcfFile:
        """Return a file that may be written, whose card is still that version."""
        try:
            file = self._read(path)
        except FileNotFoundError:
            raise CardGone.of("the file is not there any more", "", str(path)) from None
        if not file.is_whole:
            raise CardRefused.of("the file has cards that cannot be read", "mend them", str(path))
        if key not in file.texts:
            raise CardGone.of("the card is not there any more", "", str(path))
        if etag_of(file.texts[key]) != etag:
            raise CardConflict.of("the card was changed meanwhile", "", str(path))
        return file

    def _write(self, path: Path, data: bytes) -> None:
        temporary = ""
        try:
            with NamedTemporaryFile("wb", dir=self._folder, prefix=".", suffix=".tmp", delete=False) as file:
                temporary = file.name
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as error:
            with suppress(OSError):
                Path(temporary).unlink()
            raise SourceRefused.of(
                f"it cannot be written: {error.strerror}", "mind the rights and the space on the disk", str(path)
            ) from None


def _href(path: Path, key: str) -> str:
    return f"{path.name}#{key}"


def _problems(error: Exception, path: Path) -> list[Problem]:
    if isinstance(error, CardRefused):
        return list(error.problems)
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return [Problem(str(path), f"the file cannot be read: {told}", "mind its rights")]


def _open(_name: str, settings: Any, _context: Context) -> VCardFolder:
    return VCardFolder(settings.folder)


KIND = ContactSourceKind(name="folder", config=FolderSettings, open=_open)
