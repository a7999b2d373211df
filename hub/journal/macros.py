"""What the templates of a journal may use beside the macros of rules: a call that is over, as the history has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hub.core.call import Outcome
from hub.events import End
from hub.rules.parts import Facts, Macro
from hub.rules.sample import CALL
from hub.store.past import HistoryEntry, Note

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past(Facts):
    """Facts of a call that is over: its line in the history, and the key that is the same each time it is posted."""

    key: str
    entry: HistoryEntry


def _key(facts: Facts) -> str:
    return cast("Past", facts).key


def _seconds(facts: Facts) -> str:
    return str(round(cast("Past", facts).entry.duration or 0))


def _outcome(facts: Facts) -> str:
    return str(cast("Past", facts).entry.outcome or "")


def _notes(facts: Facts) -> str:
    return "\n".join(note.text for note in cast("Past", facts).entry.notes)


def _recordings(facts: Facts) -> str:
    return " ".join(cast("Past", facts).entry.recordings)


MACROS = (
    Macro(name="KEY", expand=_key, doc="what is the same each time that the call is posted, and for no other call"),
    Macro(name="SECONDS", expand=_seconds, doc="for how many seconds they spoke; a number where it stands alone"),
    Macro(name="OUTCOME", expand=_outcome, doc="how the call came out: `ended`, `missed`, `transferred`, ..."),
    Macro(name="NOTES", expand=_notes, doc="the notes, one a line"),
    Macro(name="RECORDINGS", expand=_recordings, doc="the ids of the call's recordings"),
)
"""The macros that journals have beside those of rules."""

_ENDED = cast("datetime", CALL.ended)
SAMPLE = Past(
    End(seq=1, at=_ENDED, user=CALL.user, call=CALL),
    CALL,
    key="5a2f8c6e-0d1b-4a54-9f6e-3c9d3b0c7e11",
    entry=HistoryEntry(
        id=CALL.id,
        user=CALL.user,
        conversation=CALL.conversation,
        direction=CALL.direction,
        name=CALL.name,
        number=CALL.party.number.text,
        e164=CALL.party.number.e164,
        national=CALL.party.number.national,
        started=CALL.started,
        answered=CALL.answered,
        ended=CALL.ended,
        duration=60.0,
        outcome=Outcome.ENDED,
        device=CALL.device,
        line=CALL.line,
        queue=CALL.queue,
        dnis=CALL.dialled.number.text,
        dnis_name=CALL.dialled.name,
        internal=False,
        notes=(Note(at=_ENDED, text="Wants an offer"),),
        recordings=("0123456789ab",),
    ),
)
"""A past call as an example, which templates are tried on."""
