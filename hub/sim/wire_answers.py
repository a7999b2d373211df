"""What the simulated phone system says: answers and events; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from hub.core.call import Cause
from hub.core.presence import Presence  # noqa: TC001  pydantic reads it
from hub.core.signals import Kind
from hub.sim.wire_boards import SomeBoard  # noqa: TC001
from hub.sim.wire_colleagues import WireColleagues, WireContacts  # noqa: TC001
from hub.sim.wire_types import (
    MOST_BOARDS,
    MOST_LEGS,
    Capabilities,
    Id,
    MessageText,
    Name,
    NumberText,
    Time,
    Wire,
    WireHandset,
    WireLeg,
)


class WireEnded(Wire):
    """A leg that has ended: its last description, when and why, and whether it was cleared or diverted."""

    leg: WireLeg
    ended: Time
    cause: Cause
    kind: Kind = Kind.CLEARED


class WireState(Wire):
    """All that is true at `at`."""

    at: Time
    mark: Id
    live: Annotated[tuple[WireLeg, ...], Field(max_length=MOST_LEGS)] = ()
    ended: Annotated[tuple[WireEnded, ...], Field(max_length=MOST_LEGS)] = ()
    dnd: StrictBool | None = None
    presence: Presence | None = None
    boards: Annotated[tuple[SomeBoard, ...], Field(max_length=MOST_BOARDS)] = ()
    colleagues: WireColleagues | None = None
    contacts: WireContacts | None = None


class SignedIn(Wire):
    """The answer to a good `sign_in`."""

    type: Literal["signed_in"] = "signed_in"
    id: Id = ""
    protocol: int
    product: Name = ""
    version: Name = ""
    user: Id = ""
    name: Name = ""
    extension: NumberText = ""
    capabilities: Capabilities
    handsets: Annotated[tuple[WireHandset, ...], Field(max_length=100)] = ()
    further: Annotated[tuple[WireHandset, ...], Field(max_length=100)] = ()
    snapshot: WireState


class Done(Wire):
    """The command is accepted; `leg` is the one it was about, `told` what else is to be said of it."""

    type: Literal["done"] = "done"
    id: Id
    leg: Id = ""
    told: Annotated[dict[Id, MessageText], Field(default_factory=dict, max_length=20)]


class Error(Wire):
    """The request was refused and nothing has changed."""

    type: Literal["error"] = "error"
    id: Id = ""
    code: Id
    message: MessageText = ""
    handsets: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    protocols: Annotated[tuple[int, ...], Field(max_length=2)] = ()


class LegEvent(Wire):
    """Something happened to a leg."""

    type: Literal["leg"] = "leg"
    mark: Id
    at: Time
    kind: Kind
    leg: WireLeg
    cause: Cause = Cause.NORMAL


class DndEvent(Wire):
    """Do-not-disturb was switched."""

    type: Literal["dnd_changed"] = "dnd_changed"
    mark: Id
    at: Time
    on: StrictBool


class PresenceEvent(Wire):
    """The user's presence was changed."""

    type: Literal["presence_changed"] = "presence_changed"
    mark: Id
    at: Time
    presence: Presence


class BoardEvent(Wire):
    """A board of the user's phone changed."""

    type: Literal["board"] = "board"
    mark: Id
    at: Time
    now: SomeBoard


class SnapshotAnswer(Wire):
    """The answer to `snapshot`."""

    type: Literal["snapshot"] = "snapshot"
    id: Id
    snapshot: WireState


class Pong(Wire):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    id: Id
