"""What was: past calls, and what rules have done."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from hub.core.call import Direction, Outcome  # noqa: TC001  FastAPI reads the annotations
from hub.rules.record import ActionRecord  # noqa: TC001  FastAPI reads the annotations
from hub.store.store import HistoryEntry  # noqa: TC001  FastAPI reads the annotations
from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import ActionAnswer, Note, PastCall
from hub.web.refusals import Refused, described

router = APIRouter(tags=["history"])
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")]


Since = Annotated[AwareDatetime | None, Query(description="only those that began at that time or later")]


@router.get("/history", response_model=list[PastCall])
async def history(
    host: Asked,
    user: User,
    limit: Limit = 50,
    since: Since = None,
    until: Annotated[AwareDatetime | None, Query(description="only those that began before")] = None,
    direction: Direction | None = None,
    outcome: Outcome | None = None,
    search: Annotated[str, Query(max_length=200, description="in names, numbers and notes")] = "",
) -> Sequence[HistoryEntry]:
    """List the user's calls, newest first."""
    return await host.store.calls(
        user, limit=limit, since=since, until=until, direction=direction, outcome=outcome, search=search
    )


@router.post("/history/{call:path}/note", status_code=HTTPStatus.CREATED, responses=described(HTTPStatus.NOT_FOUND))
async def note(host: Asked, user: User, call: Annotated[str, Path(max_length=1000)], wanted: Note) -> Note:
    """Add a note to a call of the history."""
    try:
        await host.store.add_note(user, call, wanted.text)
    except LookupError:
        raise Refused(HTTPStatus.NOT_FOUND, "unknown_call", f"there is no call {call} in the history") from None
    return wanted


@router.get("/actions", response_model=list[ActionAnswer])
async def actions(
    host: Asked,
    user: User,
    limit: Limit = 50,
    since: Since = None,
    call: Annotated[str, Query(max_length=1000, description="only those for this call")] = "",
    rule: Annotated[
        str, Query(max_length=1000, description="only those of this rule: its id, or its file's name")
    ] = "",
) -> Sequence[ActionRecord]:
    """List what rules did for the user, newest first."""
    return await host.store.actions(user, limit=limit, since=since, call=call, rule=rule)
