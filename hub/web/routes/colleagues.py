"""What the user's colleagues are doing."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from hub.core.colleagues import Lamp  # noqa: TC001  FastAPI reads the annotations
from hub.core.presence import Presence  # noqa: TC001
from hub.web.asking import OwnPhone  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Answer, Told
from hub.web.refusals import described
from hub.web.routes.calls import asking

router = APIRouter(tags=["colleagues"])
Searched = Annotated[str, Query(max_length=200, description="in names and extensions")]


class ColleagueAnswer(Answer):
    """A colleague; `duration` is in seconds since the call there was answered, null without one."""

    user: Told
    name: Told
    extension: Told
    lamp: Lamp
    since: datetime | None
    duration: float | None
    presence: Presence | None


@router.get(
    "/colleagues", responses=described(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE)
)
def colleagues(phone: OwnPhone, search: Searched = "") -> list[ColleagueAnswer]:
    """List the colleagues whom the user may see, by name, with their busy lamps."""
    with asking("colleagues"):
        known = phone.colleagues()
    wanted = search.casefold()
    found = [
        ColleagueAnswer(
            user=one.user,
            name=one.name,
            extension=one.extension,
            lamp=one.lamp,
            since=one.since,
            duration=duration,
            presence=one.presence,
        )
        for one, duration in known
        if wanted in f"{one.name}\n{one.user}\n{one.extension}".casefold()
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.user))
