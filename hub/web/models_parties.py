"""What the API is told about calls with more than one party."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from hub.web.models import CallAnswer, SecondCall, Told


class Asked(BaseModel):
    """Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Device(SecondCall):
    """At which device (empty: the default)."""

    device: str = Field(default="", max_length=200)


class Target(Asked):
    """To whom: a number as a person writes it or a `tel:` link."""

    number: str = Field(min_length=1, max_length=1000)


class Box(Asked):
    """Whose voicemail, by name or extension (empty: one's own)."""

    user: str = Field(default="", max_length=128)


class Orbit(Asked):
    """Where to park (empty: the first orbit that is free)."""

    orbit: str = Field(default="", max_length=128)


class ToRetrieve(Device):
    """What to retrieve: the orbit, and to which device (empty: the default)."""

    orbit: str = Field(min_length=1, max_length=128)


class ToPickUp(Device):
    """Where it rings: a user or group, by name or extension (empty: at any colleague of the own groups)."""

    whom: str = Field(default="", max_length=128)


class OtherDevice(Asked):
    """Another device of the user."""

    device: str = Field(min_length=1, max_length=200)


class ParkedAnswer(BaseModel):
    """A call that was parked, and where."""

    call: CallAnswer
    orbit: Told
