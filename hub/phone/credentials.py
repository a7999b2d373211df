"""The secrets that a user's phone table refers to, and those of them that the hub keeps itself."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from hub import secret_store
from hub.errors import UserError
from hub.secrets import Reference, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)

PASSWORD = "password"  # noqa: S105  the setting's name


class Credentials:
    """Of one user: `settings` is the phone table as written. Looking and writing happen on a thread."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._references = tuple(_references(settings))
        written = settings.get(PASSWORD)
        self.password = next(iter(references(written)), None) if isinstance(written, str) else None
        """What the password's setting refers to."""

    @property
    def name(self) -> str:
        """The keyring's name for the password; empty where it is kept by somebody else."""
        return self.password.name if self.password is not None and self.password.kind == "keyring" else ""

    async def stage(self, new: str) -> None:
        """Keep a new password beside the present one; nothing where somebody else keeps it. Raises `UserError`."""
        if self.name:
            await asyncio.to_thread(secret_store.stage, self.name, new)

    async def staged(self) -> bool:
        """Whether there is a new password of which it is not known whether it holds; then it takes the place."""
        if not self.name or await asyncio.to_thread(secret_store.staged, self.name) is None:
            return False
        await self.settle(taken=True)
        return True

    async def settle(self, *, taken: bool) -> None:
        """Let the new password take the place of the old one, or go. Raises `UserError`."""
        if self.name:
            await asyncio.to_thread(secret_store.settle, self.name, taken=taken)

    async def keep(self, password: str) -> str:
        """Keep a password; return where, empty where somebody else keeps it. Raises `UserError`."""
        return await asyncio.to_thread(secret_store.keep, self.name, password) if self.name else ""

    async def forget(self) -> None:
        """Forget every secret that the hub keeps for the phone; the others are told, in the log."""
        for reference in self._references:
            if reference.kind != "keyring":
                log.warning("%s is not the hub's to wipe: delete what it stands for", reference)
                continue
            try:
                await asyncio.to_thread(secret_store.forget, reference.name)
            except UserError as error:
                log.error("%s cannot be wiped, and will be at the next start: %s", reference, error)  # noqa: TRY400  told


def _references(value: Any) -> Iterator[Reference]:
    if isinstance(value, str):
        yield from references(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
