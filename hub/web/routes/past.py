"""What was: past calls, and what rules have done."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from datetime import datetime  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import ActionAnswer, Note, PastCall
from hub.web.refusals import Refused, described

router = APIRouter(tags=["history"])
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")]


@router.get("/history", response_model=list[PastCall])
async def history(
    host: Asked,
    user: User,
    limit: Limit = 50,
    search: Annotated[str, Query(max_length=200, description="in names, numbers and notes")] = "",
    before: Annotated[datetime | None, Query(description="only calls that started before")] = None,
) -> Sequence[object]:
    """List the user's calls, newest first."""
    if before is not None and before.tzinfo is None:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", "before: say the time zone, such as Z")
    return await host.history(user, limit=limit, search=search, before=before)


@router.post("/history/{call:path}/note", status_code=HTTPStatus.CREATED, responses=described(HTTPStatus.NOT_FOUND))
async def note(host: Asked, user: User, call: Annotated[str, Path(max_length=1000)], wanted: Note) -> Note:
    """Add a note to a call of the history."""
    if not await host.note(user, call, wanted.text):
        raise Refused(HTTPStatus.NOT_FOUND, "unknown_call", f"there is no call {call} in the history")
    return wanted


@router.get("/actions", response_model=list[ActionAnswer])
async def actions(
    host: Asked,
    user: User,
    limit: Limit = 50,
    call: Annotated[str, Query(max_length=1000, description="only those for this call")] = "",
) -> Sequence[object]:
    """List what rules did for the user, newest first."""
    return await host.actions(user, limit=limit, call=call)
