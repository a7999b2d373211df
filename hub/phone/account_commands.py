"""What can be asked of a phone system about the user's account, beside calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from hub.phone.commands import Command


@dataclass(frozen=True, slots=True)
class ChangePassword(Command):
    """Change the user's password, by the phone system's own rules."""

    name: ClassVar[str] = "change_password"

    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangePin(Command):
    """Change the user's PIN, by the phone system's own rules; `old` is empty where there was none."""

    name: ClassVar[str] = "change_pin"

    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetImage(Command):
    """Set the user's directory image: base64 of a small PNG or JPEG (`hub.phone.picture`); empty: there is none."""

    name: ClassVar[str] = "set_image"

    data: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GetImage(Command):
    """Get the image of a user (name or extension; empty: one's own); the answer says `media_type` and base64 `data`."""

    name: ClassVar[str] = "get_image"

    user: str


ACCOUNT = (ChangePassword, ChangePin, SetImage, GetImage)
"""All of them; they need no handset."""
