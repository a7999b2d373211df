"""The policy of call recording: one table says what each signal makes of a recording, and what is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RecordingState(StrEnum):
    """The state of a call's recording, as people see it."""

    OFF = "off"
    RECORDING = "recording"
    PAUSED = "paused"
    FAILED = "failed"


class Standing(StrEnum):
    """Where a recording stands: HELD was recording when the call was held, ASIDE paused; SILENT hears nothing."""

    OFF = "off"
    RECORDING = "recording"
    PAUSED = "paused"
    HELD = "held"
    ASIDE = "aside"
    SILENT = "silent"
    FAILED = "failed"

    @property
    def state(self) -> RecordingState:
        """What people see of it."""
        return _SEEN.get(self) or RecordingState(self.value)


_OFF, _RECORDING, _PAUSED, _HELD, _ASIDE, _SILENT, _FAILED = Standing
_SEEN = {_HELD: RecordingState.PAUSED, _ASIDE: RecordingState.PAUSED, _SILENT: RecordingState.FAILED}


class Cue(StrEnum):
    """What happens to a recording: the first four are asked for, the others happen to its call or its audio.

    ANSWERED and FOUND are for calls that are to be recorded from answer to end: FOUND is up already. MOVED
    is one that goes on at another device.
    """

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ANSWERED = "answered"
    FOUND = "found"
    HELD = "held privately"
    HELD_SHARED = "held shared"
    RETRIEVED = "retrieved"
    MOVED = "moved"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    ENDED = "ended"
    NO_AUDIO = "no audio"
    AUDIO = "audio again"
    FAILED = "failed"
    CLOSED = "hub stops"


ASKED = frozenset({Cue.START, Cue.PAUSE, Cue.RESUME, Cue.STOP})
"""The cues that somebody gives, and that can be refused."""


class Deed(StrEnum):
    """Something to do, in order.

    ATTACH asks for the call's audio and begins a file, FOLLOW asks again for the same file, DETACH ends it. BREAK
    leaves out what follows, JOIN goes on in the same file with a marker. BEEP and THREE_BEEPS are heard where the file
    goes on. SAVE finishes the file.
    """

    ATTACH = "attach"
    FOLLOW = "follow"
    DETACH = "detach"
    BREAK = "break"
    JOIN = "join"
    BEEP = "beep"
    THREE_BEEPS = "three beeps"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a recording stands after a cue, and what is to be done."""

    to: Standing
    deeds: tuple[Deed, ...] = ()


_UP = (_RECORDING, _PAUSED, _HELD, _ASIDE, _SILENT)
_SAVED = (Deed.DETACH, Deed.SAVE)
_JOINED = (Deed.JOIN, Deed.BEEP)
_LATE = Move(_RECORDING, (Deed.ATTACH, Deed.THREE_BEEPS))

MOVES: dict[tuple[Standing, Cue], Move] = {
    (_OFF, Cue.START): _LATE,
    (_OFF, Cue.ANSWERED): Move(_RECORDING, (Deed.ATTACH,)),
    (_OFF, Cue.FOUND): _LATE,
    (_RECORDING, Cue.PAUSE): Move(_PAUSED, (Deed.BREAK,)),
    (_RECORDING, Cue.HELD): Move(_HELD, (Deed.BREAK,)),
    (_RECORDING, Cue.NO_AUDIO): Move(_SILENT),
    (_PAUSED, Cue.RESUME): Move(_RECORDING, _JOINED),
    (_PAUSED, Cue.HELD): Move(_ASIDE),
    (_HELD, Cue.PAUSE): Move(_ASIDE),
    (_HELD, Cue.RETRIEVED): Move(_RECORDING, _JOINED),
    (_ASIDE, Cue.RESUME): Move(_HELD),
    (_ASIDE, Cue.RETRIEVED): Move(_PAUSED),
    (_SILENT, Cue.PAUSE): Move(_PAUSED, (Deed.BREAK,)),
    (_SILENT, Cue.HELD): Move(_HELD, (Deed.BREAK,)),
    (_SILENT, Cue.AUDIO): Move(_RECORDING),
    (_FAILED, Cue.START): _LATE,
    (_FAILED, Cue.STOP): Move(_OFF),
    **{
        (standing, cue): Move(_OFF, _SAVED)
        for standing in _UP
        for cue in (Cue.STOP, Cue.HELD_SHARED, Cue.TRANSFERRED, Cue.PARKED, Cue.ENDED, Cue.CLOSED)
    },
    **{(standing, Cue.MOVED): Move(standing, (Deed.FOLLOW,)) for standing in _UP},
    **{(standing, Cue.FAILED): Move(_FAILED, _SAVED) for standing in _UP},
    **{(_FAILED, cue): Move(_OFF) for cue in (Cue.TRANSFERRED, Cue.PARKED, Cue.ENDED, Cue.CLOSED)},
}
"""What a cue makes of a recording. Any other pair changes nothing, and is refused if it was asked for."""


class NotNow(Exception):  # noqa: N818  what it tells
    """What was asked for is not possible, or not allowed; `code` is `wrong_state` or `forbidden`."""

    def __init__(self, message: str, code: str = "wrong_state") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Policy:
    """What is to be recorded, and what a user may do about it.

    `every_call` is from answer to end; `enforced` by the phone system or the administrator, so that the user cannot
    stop it, and pause it only if they `may_pause`.
    """

    every_call: bool = False
    enforced: bool = False
    may_pause: bool = True

    @property
    def records_all(self) -> bool:
        """Whether every call is to be recorded."""
        return self.every_call or self.enforced

    def check(self, cue: Cue) -> None:
        """Raise `NotNow` for what this user may not ask for."""
        if cue is Cue.STOP and self.enforced:
            raise NotNow("every call must be recorded here: this cannot be stopped", "forbidden")
        if cue is Cue.PAUSE and not self.may_pause:
            raise NotNow("recording may not be paused here", "forbidden")


def move(standing: Standing, cue: Cue) -> Move:
    """Return what a cue makes of a recording; raises `NotNow` if it was asked for and cannot be."""
    found = MOVES.get((standing, cue))
    if found is not None:
        return found
    if cue in ASKED:
        raise NotNow(f"cannot {cue} a recording that is {standing.state}")
    return Move(standing)
