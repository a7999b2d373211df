"""Begins and finishes the files of recordings: everything here blocks, and runs on threads of its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.recording import sidecar
from hub.recording.convert import ENDINGS, Format
from hub.recording.naming import beside, claim, stem_of
from hub.recording.sidecar import Gap, Marker, Reception, Side, Sidecar, Stage
from hub.recording.tape import LEFT, RIGHT, Change, Tape

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from hub.config.sections import RecordingSection
    from hub.core.call import Call
    from hub.media.codec import Codec

WAV = ENDINGS[Format.WAV]


@dataclass(frozen=True, slots=True)
class Begin:
    """When a recording began, by the wall clock and in monotonic seconds; `missing` seconds of the call were over."""

    at: datetime
    monotonic: float
    missing: float = 0.0

    def earlier(self, seconds: float) -> Begin:
        """Return the beginning so many seconds before this one."""
        return replace(self, at=self.at - timedelta(seconds=seconds), monotonic=self.monotonic - seconds)

    def wall(self, monotonic: float) -> datetime:
        """Return the wall-clock time of a monotonic one."""
        return self.at + timedelta(seconds=monotonic - self.monotonic)


@dataclass(frozen=True, slots=True)
class Take:
    """A recording that is being made: its tape, and its sidecar as it was at the beginning."""

    tape: Tape
    path: Path
    told: Sidecar
    begin: Begin


def ready(folder: Path, own: Path) -> Path:
    """Return the folder to record to: one that was chosen must be there, the hub's `own` is made. Raises OSError."""
    if folder == own:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_dir():
        raise FileNotFoundError(2, f"there is no folder {folder}")
    return folder


def begin(
    folder: Path,
    call: Call,
    codec: Codec,
    settings: RecordingSection,
    begun: Begin,
    zone: tzinfo,
    payload_type: int,
    sender: bytes,
) -> Take:
    """Make the files of a recording, under a name that nothing has; raises OSError."""
    kind = Format(settings.format)
    path = claim(folder, stem_of(call, begun.at.astimezone(zone)), {WAV, ENDINGS[kind]})
    audio = beside(path, WAV)
    try:
        tape = Tape(
            audio,
            codec,
            begun.monotonic,
            payload_type=payload_type,
            louder=settings.gain,
            tone_every=settings.tone,
            sender=sender,
        )
        told = Sidecar(
            id=uuid.uuid4().hex[:12],
            stage=Stage.RECORDING,
            audio=audio.name,
            format=kind,
            call=call.id,
            conversation=call.conversation,
            user=call.user,
            direction=call.direction,
            far=Side(name=call.name, number=call.party.number.text, e164=call.party.number.e164),
            device=call.device,
            line=call.line,
            queue=call.queue,
            started=call.started,
            answered=call.answered,
            began=begun.at,
            missing=begun.missing,
            codec=codec.name,
            rate=codec.sample_rate,
            gain=settings.gain,
        )
        sidecar.write(path, told)
    except OSError:
        audio.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    return Take(tape, path, told, begun)


def told(take: Take, call: Call, at: datetime) -> Sidecar:
    """Return what was recorded, once the tape is finished."""
    tape = take.tape
    return take.told.model_copy(
        update={
            "stage": Stage.CONVERTING,
            "conversation": call.conversation,
            "far": Side(name=call.name, number=call.party.number.text, e164=call.party.number.e164),
            "ended": at,
            "duration": tape.writer.seconds,
            "markers": markers(take),
            "gaps": gaps(take),
            "left": reception(tape, LEFT),
            "right": reception(tape, RIGHT),
        }
    )


def discard(take: Take) -> None:
    """Remove a recording in which there is nothing."""
    beside(take.path, WAV).unlink(missing_ok=True)
    take.path.unlink(missing_ok=True)


def markers(take: Take) -> tuple[Marker, ...]:
    """Return where in the file something is to be heard or known."""
    return tuple(
        Marker(at=round(mark.at, 3), what=mark.what, why=mark.why)
        for mark in take.tape.marks
        if mark.what is not Change.BREAK
    )


def gaps(take: Take) -> tuple[Gap, ...]:
    """Return what was left out."""
    found: list[Gap] = []
    for mark in take.tape.marks:
        if mark.what is Change.BREAK:
            found.append(Gap(at=round(mark.at, 3), began=take.begin.wall(mark.time), why=mark.why))
        elif mark.what is Change.JOIN and found:
            found[-1] = found[-1].model_copy(update={"ended": take.begin.wall(mark.time)})
    return tuple(found)


def reception(tape: Tape, side: int) -> Reception:
    """Return how a stream arrived."""
    found = Reception.model_validate(tape.reception[side], from_attributes=True)
    return found.model_copy(update={"refused": tape.latches[side].refused})
