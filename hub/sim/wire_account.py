"""The messages about a user's account: password, PIN, image, wiping; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.phone.picture import LARGEST
from hub.sim.wire_types import Id, Name, Secret, Time, Wire

ImageData = Annotated[str, Field(max_length=(LARGEST + 2) // 3 * 4, repr=False)]
"""Base64 of an image."""


class ChangePassword(Wire):
    """Change the password."""

    type: Literal["change_password"] = "change_password"
    id: Id
    old: Secret
    new: Secret


class ChangePin(Wire):
    """Change the PIN."""

    type: Literal["change_pin"] = "change_pin"
    id: Id
    old: Secret
    new: Secret


class SetImage(Wire):
    """Set the directory image, or clear it."""

    type: Literal["set_image"] = "set_image"
    id: Id
    data: ImageData = ""


class GetImage(Wire):
    """Ask for somebody's directory image."""

    type: Literal["get_image"] = "get_image"
    id: Id
    user: Id


class ImageAnswer(Wire):
    """The answer to `get_image`."""

    type: Literal["image"] = "image"
    id: Id
    user: Id
    media_type: Name
    data: ImageData


class Wipe(Wire):
    """The administrator wipes this device; nothing more is said."""

    type: Literal["wipe"] = "wipe"
    at: Time
    handset: Id
