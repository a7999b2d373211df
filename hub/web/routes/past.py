"""What was: past calls, and what rules have done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence  # noqa: TC003  FastAPI reads the annotations
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from hub.core.call import Direction, Outcome
from hub.events import plain
from hub.recording.library import NoRecording
from hub.rules.record import ActionRecord  # noqa: TC001  FastAPI reads the annotations
from hub.store.store import HistoryEntry, Sort
from hub.web import history_csv
from hub.web.asking import Asked, OwnPhone, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import ActionAnswer, DeletedCalls, Note, PastCall
from hub.web.refusals import Refused, asking, described

if TYPE_CHECKING:
    from datetime import datetime

    from hub.web.host import Host

router = APIRouter(tags=["history"])
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")]
Since = Annotated[AwareDatetime | None, Query(description="only those that began at that time or later")]
Until = Annotated[AwareDatetime | None, Query(description="only those that began before")]
CallId = Annotated[str, Path(max_length=1000, description="the call's id")]
Handsets = Annotated[bool, Query(description="clear the lists that the user's handsets show, too")]
WithRecordings = Annotated[bool, Query(description="delete the recordings too; else they stay as long as they would")]

_AT_ONCE = 500


def _is(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string"}}}}}


_may_be_unknown = described(HTTPStatus.NOT_FOUND)
_by_phone = described(HTTPStatus.CONFLICT, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE)
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


@router.get("/history.csv", response_class=StreamingResponse, responses=_is("text/csv"))
async def as_csv(host: Asked, user: User, wanted: Annotated[Which, Query()]) -> StreamingResponse:
    """Export the user's calls for spreadsheets, newest first, which run none of it as formulas."""

    async def text() -> AsyncIterator[str]:
        yield history_csv.heading()
        async for entries in _in_parts(host, user, wanted):
            yield history_csv.rows(map(plain, entries))

    return _download(text(), "text/csv; charset=utf-8", "history.csv")


@router.get("/history.json", response_class=StreamingResponse, responses=_is("application/json"))
async def as_json(host: Asked, user: User, wanted: Annotated[Which, Query()]) -> StreamingResponse:
    """Export the user's calls as a JSON list, newest first, each as `GET /api/history` has it."""

    async def text() -> AsyncIterator[str]:
        before = "["
        async for entries in _in_parts(host, user, wanted):
            for entry in entries:
                yield f"{before}\n{json.dumps(plain(entry))}"
                before = ","
        yield "[]\n" if before == "[" else "\n]\n"

    return _download(text(), "application/json", "history.json")


@router.get("/history/{call:path}", response_model=PastCall, responses=_may_be_unknown)
async def details(host: Asked, user: User, call: CallId) -> HistoryEntry:
    """Tell all about a past call."""
    entry = await host.store.entry(user, call)
    if entry is None:
        raise _unknown(call)
    return entry


@router.delete("/history", responses=_by_phone)
async def delete_all(
    host: Asked,
    user: User,
    phone: OwnPhone,
    until: Until = None,
    recordings: WithRecordings = False,  # noqa: FBT002
    handsets: Handsets = False,  # noqa: FBT002
) -> DeletedCalls:
    """Delete all calls of the history that are over, with their notes, for good.

    Where a handset's list cannot be cleared, nothing is deleted.
    """
    if handsets:
        with asking("clear_calls"):
            await phone.clear_calls()
    if recordings:
        async for entries in _in_parts(host, user, Which(until=until)):
            for each in (each for entry in entries if entry.ended is not None for each in entry.recordings):
                await _delete_recording(host, user, each)
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


async def _in_parts(host: Host, user: str, wanted: Which) -> AsyncIterator[Sequence[HistoryEntry]]:
    """Yield the calls that are wanted, some at once, however many they are."""
    after: tuple[datetime, str] | None = None
    while entries := await host.store.calls(user, **dict(wanted), limit=_AT_ONCE, after=after):
        yield entries
        after = (entries[-1].started, entries[-1].id)


def _download(text: AsyncIterator[str], kind: str, name: str) -> StreamingResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(text, media_type=kind, headers=headers)


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
