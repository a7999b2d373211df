"""What was: past calls, and what rules have done."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from hub.core.call import Direction, Outcome
from hub.recording.library import NoRecording
from hub.rules.record import ActionRecord  # noqa: TC001  FastAPI reads the annotations
from hub.store.store import HistoryEntry, Sort
from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import ActionAnswer, DeletedCalls, Note, PastCall
from hub.web.refusals import Refused, described

if TYPE_CHECKING:
    from hub.web.host import Host

router = APIRouter(tags=["history"])
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")]
Since = Annotated[AwareDatetime | None, Query(description="only those that began at that time or later")]
Until = Annotated[AwareDatetime | None, Query(description="only those that began before")]
CallId = Annotated[str, Path(max_length=1000, description="the call's id")]
WithRecordings = Annotated[bool, Query(description="delete the recordings too; else they stay as long as they would")]

_may_be_unknown = described(HTTPStatus.NOT_FOUND)
_may_refuse = described(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


class Which(BaseModel):
    """Which calls of the history are wanted."""

    since: AwareDatetime | None = Field(default=None, description="only those that began at that time or later")
    until: AwareDatetime | None = Field(default=None, description="only those that began before")
    direction: Direction | None = None
    outcome: Outcome | None = None
    search: str = Field(default="", max_length=200, description="in names, numbers and notes")


class Listing(Which):
    """Which of them, and in which order."""

    limit: int = Field(default=50, ge=1, le=1000, description="how many at most, the first in that order")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="how many of the first are left out")
    sort: Sort = Field(default=Sort.TIME, description="by `time` the newest first, by `name` or by `number`")
    reverse: bool = Field(default=False, description="in the opposite order")


@router.get("/history", response_model=list[PastCall])
async def history(host: Asked, user: User, wanted: Annotated[Listing, Query()]) -> Sequence[HistoryEntry]:
    """List the user's calls, newest first."""
    return await host.store.calls(user, **dict(wanted))


@router.get("/history/{call:path}", response_model=PastCall, responses=_may_be_unknown)
async def details(host: Asked, user: User, call: CallId) -> HistoryEntry:
    """Tell all about a past call."""
    entry = await host.store.entry(user, call)
    if entry is None:
        raise _unknown(call)
    return entry


@router.delete("/history", responses=described(HTTPStatus.CONFLICT))
async def delete_all(
    host: Asked,
    user: User,
    until: Until = None,
    recordings: WithRecordings = False,  # noqa: FBT002
) -> DeletedCalls:
    """Delete all calls of the history that are over, with their notes, for good."""
    if recordings:
        while found := await host.recordings.entries(user, until=until, limit=1000):
            for each in found:
                await _delete_recording(host, user, each.id)
    return DeletedCalls(deleted=await host.store.delete_calls(user, until))


@router.delete("/history/{call:path}", status_code=HTTPStatus.NO_CONTENT, responses=_may_refuse)
async def delete(host: Asked, user: User, call: CallId, recordings: WithRecordings = False) -> None:  # noqa: FBT002
    """Delete a call that is over, with its notes, for good."""
    entry = await host.store.entry(user, call)
    if entry is None:
        raise _unknown(call)
    if entry.ended is None:
        raise Refused(HTTPStatus.CONFLICT, "wrong_state", f"call {call} goes on; delete it when it is over")
    for each in entry.recordings if recordings else ():
        await _delete_recording(host, user, each)
    await host.store.delete_call(user, call)


@router.post("/history/{call:path}/note", status_code=HTTPStatus.CREATED, responses=_may_be_unknown)
async def note(host: Asked, user: User, call: CallId, wanted: Note) -> Note:
    """Add a note to a call of the history."""
    try:
        await host.store.add_note(user, call, wanted.text)
    except LookupError:
        raise _unknown(call) from None
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


def _unknown(call: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "unknown_call", f"there is no call {call} in the history")


async def _delete_recording(host: Host, user: str, recording: str) -> None:
    """Delete one that may have gone meanwhile."""
    try:
        await host.recordings.delete(user, recording, by=user)
    except NoRecording:
        return
    except OSError as error:
        told = f"recording {recording} cannot be deleted: {error.strerror}; look at the folder it is in"
        raise Refused(HTTPStatus.CONFLICT, "not_deleted", told) from None
