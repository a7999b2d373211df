"""How a user's sign-in stands from one start of the hub to the next: a small file in the state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from hub.errors import UserError
from hub.private_file import read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "accounts"
HANDSETS = "handsets"
"""The setting of a phone table that says which handsets to watch; empty: all of the user's."""


class Standing(BaseModel):
    """Whether the user is signed out, and why; whether that was a wipe; the handsets chosen, if not as configured."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    signed_out: str = ""
    wiped: bool = False
    handsets: tuple[str, ...] | None = None

    @property
    def instead(self) -> dict[str, tuple[str, ...]]:
        """The settings of the phone table that were chosen instead of those configured."""
        return {} if self.handsets is None else {HANDSETS: self.handsets}

    @classmethod
    def load(cls, path: Path) -> Standing:
        """Read the file, which need not be there; raises `UserError` if it cannot be made sense of."""
        if not path.exists():
            return cls()
        try:
            return cls.model_validate_json(read_private(path))
        except ValidationError:
            cause = "does not say whether the user is signed in"
        except UserError as error:
            cause = error.problems[0].cause
        raise UserError.of(cause, "delete it, to sign in as configured", str(path)) from None

    def save(self, path: Path) -> None:
        """Write the file; raises `UserError`."""
        write_private(path, self.model_dump_json().encode())
