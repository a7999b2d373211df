"""What the messages on the wire are made of: bounded texts, legs, snapshots."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
)

from hub.core.call import CallState, Direction, HoldKind

LONGEST_NAME = 256
LONGEST_NUMBER = 128
LONGEST_ID = 128
MOST_LEGS = 1000
MOST_BOARDS = 100

_SURROGATES = re.compile(r"[\ud800-\udfff]")


def whole(text: str) -> str:
    """Replace what is no Unicode by U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def _clipped(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: whole(value[:limit]) if isinstance(value, str) else value)


def _bounded(limit: int) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"longer than {limit} characters")
        return value

    return AfterValidator(check)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("no such time in UTC") from None


Name = Annotated[str, _clipped(LONGEST_NAME)]
NumberText = Annotated[str, _clipped(LONGEST_NUMBER)]
MessageText = Annotated[str, _clipped(1000)]
Id = Annotated[str, _bounded(LONGEST_ID), _clipped(LONGEST_ID + 1)]
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Destination = tuple[Annotated[str, Field(min_length=1, max_length=64)], Annotated[int, Field(ge=1, le=65_535)]]
"""A host's IP address and a UDP port."""
Password = Annotated[SecretStr, _clipped(1024)]
Secret = Annotated[str, _bounded(1024), Field(repr=False)]
"""A password or PIN to be kept: never clipped, which would make it another."""


class Wire(BaseModel):
    """Anything on the wire."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


class WireParty(Wire):
    """Somebody at an end of a call, as text."""

    number: NumberText = ""
    name: Name = ""


class WireNetwork(Wire):
    """How the audio of a leg came, as the handset measured it."""

    codec: Id = ""
    jitter: Annotated[float, Field(ge=0, le=3600)] | None = None
    loss: Annotated[float, Field(ge=0, le=1)] | None = None
    mos: Annotated[float, Field(ge=1, le=5)] | None = None


class WireLeg(Wire):
    """A leg as it stands, fully described."""

    id: Annotated[Id, Field(min_length=1)]
    conversation: Annotated[Id, Field(min_length=1)]
    device: Id
    direction: Direction
    state: CallState
    party: WireParty
    dialled: WireParty = WireParty()
    started: Time
    answered: Time | None = None
    line: Name = ""
    queue: Name = ""
    internal: StrictBool = False
    silenced: StrictBool = False
    appearance: Id = ""
    conference: Id = ""
    consults: Id = ""
    orbit: Id = ""
    held: HoldKind | None = None
    muted: StrictBool = False
    intercom: StrictBool = False
    network: WireNetwork | None = None


Capabilities = Annotated[tuple[Id, ...], Field(max_length=100)]


class WireHandset(Wire):
    """A handset of the user, and what it can do."""

    id: Id
    name: Name = ""
    model: Name = ""
    capabilities: Capabilities = ()
    conference_size: Annotated[int, Field(ge=0, le=1000)] = 0
    appearances: Annotated[tuple[Id, ...], Field(max_length=1000)] = ()
    auto_hold: StrictBool = True
