"""Line keys, outside lines and the calls of the phone system, as the API takes and tells them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  pydantic reads the annotations
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from hub.core.call import CallState  # noqa: TC001
from hub.web.models import Answer, PartyAnswer, SecondCall, Told


class At(BaseModel):
    """At which device (empty: the first that can)."""

    model_config = ConfigDict(extra="forbid")

    device: str = Field(default="", max_length=200)


class AnotherCall(At, SecondCall):
    """At which device a call begins."""


class ChosenAppearance(At):
    """Which line key the next outbound calls of the device take; empty: its first free line."""

    appearance: str = Field(max_length=200)


class SystemCallAnswer(Answer):
    """A call of the phone system; `duration` is in seconds from its start."""

    id: Told
    started: datetime
    duration: float
    state: CallState
    originator: PartyAnswer
    destination: PartyAnswer


class SystemCallOrder(StrEnum):
    """What calls can be sorted by."""

    START = "start"
    DURATION = "duration"
    ORIGINATOR = "originator"
    DESTINATION = "destination"
    STATE = "state"
