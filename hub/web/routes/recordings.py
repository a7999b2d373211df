"""Recording: of the calls that are up, and the library of what was recorded."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from datetime import datetime  # noqa: TC003
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, BaseModel

from hub.core.call import Direction  # noqa: TC001  FastAPI reads the annotations
from hub.core.recording import Cue, RecordingState
from hub.phone.adapter import PhoneError
from hub.recording.convert import MEDIA_TYPES, Format
from hub.recording.library import NoRecording
from hub.recording.recorder import RecordingView  # noqa: TC001  FastAPI reads the annotations
from hub.recording.sidecar import Sidecar
from hub.store.recordings import RecordingEntry  # noqa: TC001  FastAPI reads the annotations
from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Answer, Told
from hub.web.refusals import Refused, described
from hub.web.routes.calls import ANY, Id

router = APIRouter(tags=["recordings"])

RecordingId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="the recording's id")]
_may_refuse = described(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_may_be_gone = described(HTTPStatus.NOT_FOUND)


class What(StrEnum):
    """What can be done with the recording of a call."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class RecordingAnswer(Answer):
    """How the recording of a call stands.

    `reason` says why, `advice` what a person can do about a failure, `recording` is the id of the file that is being
    written, or was written last.
    Where recording is `enforced` it cannot be stopped.
    """

    call: Told
    state: RecordingState
    reason: str
    advice: str
    recording: str
    enforced: bool
    may_pause: bool


class RecordedAnswer(Answer):
    """A recording that is complete. Durations are in seconds, `size` in bytes; `missing` was over when it began."""

    id: str
    user: str
    call: Told
    conversation: Told
    direction: Direction
    name: Told
    number: Told
    e164: Told
    began: datetime
    duration: float
    missing: float
    format: str
    size: int
    sha256: str


class Details(Sidecar):
    """All that is told of a recording beside its file."""


class Waveform(BaseModel):
    """The loudest sample, 0 to 1, of each of so many stretches: the user's channel, and the far end's."""

    channels: list[list[float]]


@router.get("/calls/{call:path}/recording", response_model=list[RecordingAnswer], responses=_may_be_gone)
def recording(call: Id, host: Asked, user: User) -> list[RecordingView]:
    """Tell how the recording of a call stands, or of all calls."""
    try:
        return host.recorder.views(user) if call == ANY else [host.recorder.view(user, call)]
    except PhoneError as error:
        raise Refused.by_phone(error) from None


@router.post("/calls/{call:path}/recording/{what}", response_model=list[RecordingAnswer], responses=_may_refuse)
async def record(call: Id, what: What, host: Asked, user: User) -> list[RecordingView]:
    """Start, pause, resume or stop the recording of a call; all calls of a conference if none is named."""
    try:
        return await host.recorder.ask(user, "" if call == ANY else call, Cue(what.value))
    except PhoneError as error:
        raise Refused.by_phone(error, "record") from None


@router.get("/recordings", response_model=list[RecordedAnswer])
async def recordings(
    host: Asked,
    user: User,
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at most, the newest")] = 50,
    since: Annotated[AwareDatetime | None, Query(description="only those that began at that time or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="only those that began before")] = None,
    call: Annotated[str, Query(max_length=1000, description="only those of this call")] = "",
    search: Annotated[str, Query(max_length=200, description="in the far end's name and number")] = "",
) -> Sequence[RecordingEntry]:
    """List the user's recordings, newest first."""
    return await host.recordings.entries(user, limit=limit, since=since, until=until, call=call, search=search)


@router.get("/recordings/{recording}", response_model=Details, responses=_may_be_gone)
async def details(host: Asked, user: User, recording: RecordingId) -> Sidecar:
    """Tell all about a recording: parties, markers, gaps, lost packets, checksum."""
    try:
        return await host.recordings.details(user, recording)
    except NoRecording as error:
        raise _gone(error) from None


@router.get("/recordings/{recording}/audio", response_class=FileResponse, responses=_may_be_gone)
async def audio(host: Asked, user: User, recording: RecordingId) -> FileResponse:
    """Send the audio, or the `Range` of it that is asked for."""
    try:
        path = await host.recordings.audio(user, recording)
    except NoRecording as error:
        raise _gone(error) from None
    kind = MEDIA_TYPES.get(Format(path.suffix.removeprefix(".")), "application/octet-stream")
    return FileResponse(path, media_type=kind, filename=path.name, headers={"Cache-Control": "private, no-store"})


@router.get("/recordings/{recording}/waveform", responses=_may_be_gone)
async def waveform(
    host: Asked,
    user: User,
    recording: RecordingId,
    points: Annotated[int, Query(ge=1, le=10_000, description="stretches at most")] = 1000,
) -> Waveform:
    """Tell the shape of a recording, for drawing."""
    try:
        return Waveform(channels=await host.recordings.peaks(user, recording, points))
    except NoRecording as error:
        raise _gone(error) from None


@router.delete(
    "/recordings/{recording}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=described(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def delete(host: Asked, user: User, recording: RecordingId) -> None:
    """Delete a recording; who did that is kept."""
    try:
        await host.recordings.delete(user, recording, by=user)
    except NoRecording as error:
        raise _gone(error) from None
    except OSError as error:
        told = f"recording {recording} cannot be deleted: {error.strerror}; look at the folder it is in"
        raise Refused(HTTPStatus.CONFLICT, "not_deleted", told) from None


def _gone(error: NoRecording) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "unknown_recording", str(error))
