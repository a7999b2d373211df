"""Boards as they stand on the wire: each says which board it is, and which of the hub's own it becomes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from hub.core import boards
from hub.sim.wire_types import Id, Wire

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class WirePart(Wire):
    """A part of a board; `becomes` is the hub's own class with the same fields."""

    becomes: ClassVar[type]


class WireBoard(Wire):
    """A board; `becomes` is the hub's own class with the same fields, None for a board of a later version."""

    becomes: ClassVar[type[boards.Board] | None] = None

    board: Id


class WireMessages(WireBoard):
    """The message-waiting lamp."""

    becomes = boards.Messages

    board: Literal["messages"] = "messages"
    new: Count
    old: Count = 0


BOARDS = {"messages": WireMessages}
"""Every board by its name."""


def _which(value: Any) -> str:
    name = value.get("board") if isinstance(value, dict) else getattr(value, "board", None)
    return name if name in BOARDS else "unknown"


SomeBoard = Annotated[
    Annotated[WireMessages, Tag("messages")] | Annotated[WireBoard, Tag("unknown")], Discriminator(_which)
]
