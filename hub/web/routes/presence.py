"""Where the user is."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime  # noqa: TC002  likewise

from hub.store.presences import LoggedChange  # noqa: TC001  likewise
from hub.web.asking import OwnPresence  # noqa: TC001  likewise
from hub.web.models_presence import ChangeAnswer, ChangeKind, PresenceAnswer, ToBe
from hub.web.refusals import asking, described

router = APIRouter(prefix="/presence", tags=["presence"])


@router.get("")
def presence(own: OwnPresence) -> PresenceAnswer:
    """Tell where colleagues see the user, and why."""
    return PresenceAnswer.of(own.view)


@router.put("", responses=described(HTTPStatus.NOT_IMPLEMENTED))
async def set_presence(wanted: ToBe, own: OwnPresence) -> PresenceAnswer:
    """Say where the user is; it stands until something begins that wants otherwise.

    While the phone system is out of reach or refuses it, that is told as `trouble`, and tried again.
    """
    with asking("presence"):
        await own.set_by_hand(wanted.presence)
    return PresenceAnswer.of(own.view)


@router.get("/log", response_model=list[ChangeAnswer])
async def changes(
    own: OwnPresence,
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")] = 50,
    since: Annotated[AwareDatetime | None, Query(description="only those at that time or later")] = None,
    kind: Annotated[ChangeKind | None, Query(description="only those of this")] = None,
) -> Sequence[LoggedChange]:
    """List the changes of presence, availability and do-not-disturb of the last 30 days, newest first."""
    return await own.changes(since=since, kind=kind or "", limit=limit)
