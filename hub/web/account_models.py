"""What the API's routes about the user's account take and tell."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hub.web.models import Answer, Told


class DeviceAnswer(Answer):
    """A handset of the user, what can be asked of it, and whether its calls are told here."""

    id: Told
    name: Told
    capabilities: tuple[Told, ...]
    watched: bool


class AccountAnswer(BaseModel):
    """Who the user is at the phone system, and how the sign-in stands; `must_change`: it wants a new password first."""

    user: str
    state: str
    message: Told
    name: Told
    extension: Told
    devices: tuple[DeviceAnswer, ...]
    must_change: bool
    wiped: bool


class ToSignIn(BaseModel):
    """With which password, which is then kept, and at which handsets (empty: all); without them as before."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr | None = Field(default=None, min_length=1, max_length=1024)
    handsets: tuple[str, ...] | None = Field(default=None, max_length=100)


class ToChange(BaseModel):
    """The old and the new password or PIN."""

    model_config = ConfigDict(extra="forbid")

    old: SecretStr = Field(max_length=1024)
    new: SecretStr = Field(min_length=1, max_length=1024)


class ChangedAnswer(Answer):
    """Whether the new one is kept where the hub looks it up, and what is left to do."""

    kept: bool
    remedy: str


class ImageToSet(BaseModel):
    """A PNG or JPEG in base64."""

    model_config = ConfigDict(extra="forbid")

    data: str = Field(min_length=1, repr=False)


class ImageSet(Answer):
    """What colleagues are shown."""

    media_type: str
    width: int
    height: int
