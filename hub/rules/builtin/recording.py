from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub import events
from hub.core.recording import Cue, RecordingState
from hub.rules.parts import Action, Done, Trigger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hub.rules.parts import Job


class Recording(BaseModel):
    """What `record:` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Literal["start", "pause", "resume", "stop"] = Field(description="`start`, `pause`, `resume` or `stop`")


TRIGGERS = (
    Trigger(
        name="recording",
        event=events.RecordingChanged,
        doc=f"a call's recording changes, or only as said: `recording: failed`; {', '.join(map(str, RecordingState))}",
        value=RecordingState,
        matches=lambda state, event: isinstance(event, events.RecordingChanged) and event.state == state,
    ),
    Trigger(name="recording_ready", event=events.RecordingReady, doc="a recording is complete, in its final format"),
)


def record_action(record: Callable[[str, str, Cue], Awaitable[object]]) -> Action:
    """Return the action; `record(user, call id, cue)` does it, of the only call that can be meant if there is no id."""

    async def run(value: Recording, job: Job) -> Done:
        call = job.facts.call.id if job.facts.call else ""
        await record(job.facts.event.user, call, Cue(value.what))
        return Done(value.what)

    return Action(
        name="record",
        value=Recording,
        run=run,
        doc="`start`, `pause`, `resume` or `stop` recording the call",
        short="what",
        tell=lambda value, _facts: value.what,
    )
