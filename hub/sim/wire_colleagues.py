"""What the simulated phone system tells of a user's colleagues; docs/wire-protocol.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.core.colleagues import Lamp  # noqa: TC001  pydantic reads it
from hub.core.presence import Presence  # noqa: TC001
from hub.sim.wire_types import Id, Name, NumberText, Time, Wire

MOST_COLLEAGUES = 5000
"""The most colleagues of a user; of a phone system that has more the first are told."""


class WireColleague(Wire):
    """A colleague's busy lamp."""

    user: Annotated[Id, Field(min_length=1)]
    name: Name = ""
    extension: NumberText = ""
    lamp: Lamp
    since: Time | None = None
    presence: Presence | None = None


WireColleagues = Annotated[tuple[WireColleague, ...], Field(max_length=MOST_COLLEAGUES)]


class ColleaguesEvent(Wire):
    """Some colleagues are doing something else, or are there no more."""

    type: Literal["colleagues"] = "colleagues"
    at: Time
    changed: WireColleagues = ()
    gone: Annotated[tuple[Id, ...], Field(max_length=MOST_COLLEAGUES)] = ()
