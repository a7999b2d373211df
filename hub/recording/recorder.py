"""The hub's recorder: follows the calls of all users, and does what is asked for."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import events
from hub.core.recording import Cue, NotNow, Policy, RecordingState, Standing
from hub.phone.adapter import PhoneError
from hub.phone.commands import AttachMedia
from hub.recording.cues import cue_of, is_spoken_on
from hub.recording.failures import Failure
from hub.recording.one_call import CallRecording, Tools, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from hub.clock import Clock
    from hub.config.sections import ReceivingSection, RecordingSection
    from hub.core.call import Call
    from hub.phone.phone import Phone
    from hub.recording.keeping import Keeping
    from hub.recording.receiver import Receiver
    from hub.recording.sidecar import Sidecar

log = logging.getLogger(__name__)

ENFORCED = "record_all"
"""The capability by which a phone system says that every call of a user must be recorded."""
_THREADS = 4


@dataclass(frozen=True, slots=True)
class RecordingView:
    """How the recording of a call stands. `recording` is the id of the file that is written, or was last."""

    call: str
    state: RecordingState = RecordingState.OFF
    reason: str = ""
    advice: str = ""
    recording: str = ""
    enforced: bool = False
    may_pause: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the recorder is given by the hub.

    `settings(user)` says how a user's calls are recorded, `receiving` where audio is received; `folder` is that of
    users who have chosen none. `emit` takes an event into the hub's flow and `next_seq(user)` numbers it.
    """

    phones: Mapping[str, Phone]
    settings: Callable[[str], RecordingSection]
    receiving: ReceivingSection
    folder: Path
    clock: Clock
    zone: tzinfo
    emit: Callable[[events.Event], None]
    next_seq: Callable[[str], int]


class Recorder:
    """Records calls. Stop it before the phones: it needs them to end the audio. `keeping` takes what is complete."""

    def __init__(self, services: Services, keeping: Keeping, *, finish_within: float = 10.0) -> None:
        self._services = services
        self._phones = services.phones
        self.keeping = keeping
        self._finish_within = finish_within
        self._receiver: Receiver | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="phonehub-recording")
        self._running = self._is_loaded = False
        self._calls: dict[tuple[str, str], CallRecording] = {}
        self._tools: dict[str, Tools] = {}

    def start(self) -> None:
        """Take up what an earlier run left behind, and begin to follow calls."""
        self._running = True
        settings = {user: self._services.settings(user) for user in self._phones}
        self.keeping.start({user: self.folder_of(user) for user in settings}, settings, self._ready)

    async def stop(self) -> None:
        """Save what is being recorded, for at most some seconds, and record nothing more; calls go on."""
        self._running = False
        for recording in tuple(self._calls.values()):
            recording.cue(Cue.CLOSED, "hub_stops")
        settling = [asyncio.create_task(each.settled()) for each in self._calls.values()]
        if settling:
            _, late = await asyncio.wait(settling, timeout=self._finish_within)
            for task in late:
                log.error(
                    "a recording was not saved within %g s; it is finished at the next start", self._finish_within
                )
                task.cancel()
        if self._receiver is not None:
            receiver, self._receiver = self._receiver, None
            await asyncio.to_thread(receiver.stop, self._finish_within)
        await self.keeping.stop()
        self._threads.shutdown(wait=False)

    def consume(self, event: events.Event) -> None:
        """Follow a call, or the connection to the phone system. Never waits, never raises."""
        if not self._running or isinstance(event, (events.RecordingChanged, events.RecordingReady)):
            return
        if isinstance(event, events.CallEvent):
            self._follow(event)
        elif isinstance(event, events.PhoneChanged) and event.state == "connected":
            self._load(event.user)
            self._look_at_all(event.user)
        elif isinstance(event, events.PhoneChanged) and event.state == "signed_out":
            self._close_all(event.user)

    def policy(self, user: str) -> Policy:
        """Return what is to be recorded of a user's calls."""
        settings = self._services.settings(user)
        enforced = settings.enforced or ENFORCED in self._phones[user].capabilities
        return Policy(settings.record_all, enforced, settings.may_pause)

    def view(self, user: str, call: str = "") -> RecordingView:
        """Return how a call's recording stands; without a name, that of the only call. Raises `PhoneError`."""
        calls = self._named(user, call) if call else list(self._phones[user].calls)
        if len(calls) != 1:
            raise PhoneError(*_none_or_several("tell of", calls))
        return self._view(user, calls[0].id)

    def views(self, user: str) -> list[RecordingView]:
        """Return how the recordings of all of a user's calls stand."""
        return [self._view(user, call.id) for call in self._phones[user].calls]

    async def ask(self, user: str, call: str, cue: Cue) -> list[RecordingView]:
        """Start, pause, resume or stop the recording of a call; of all calls of a conference, each its own.

        Without a call's name the only one that can be meant; raises `PhoneError`.
        """
        if not self._running:
            raise PhoneError("the hub is being stopped: nothing is recorded any more", "wrong_state")
        try:
            self.policy(user).check(cue)
            calls = self._named(user, call) if call else self._meant(user, cue)
            for one in calls:
                if cue is Cue.START and not is_spoken_on(one):
                    raise PhoneError(f"cannot record call {one.id}: it is {one.state}", "wrong_state")
                await self._of(user, one).asked(cue)
        except NotNow as error:
            raise PhoneError(str(error), error.code) from None
        except Failure as failure:
            raise PhoneError(f"{failure} ({failure.advice})", failure.reason) from None
        return [self._view(user, one.id) for one in calls]

    def folder_of(self, user: str) -> Path:
        """Return where a user's recordings go."""
        return self._services.settings(user).folder or self._services.folder / user

    async def settled(self) -> None:
        """Return when nothing is left to do for now."""
        for recording in tuple(self._calls.values()):
            await recording.settled()
        await self.keeping.settled()

    # --- which calls ---

    def _named(self, user: str, name: str) -> list[Call]:
        found = [call for call in self._phones[user].calls if call.id == name]
        if not found:
            raise PhoneError(f"there is no call {name}", "unknown_call")
        return found

    def _meant(self, user: str, cue: Cue) -> list[Call]:
        """Return the only call for which that can be asked, or all of one conference."""
        fitting = [call for call in self._phones[user].calls if self._fits(user, call, cue)]
        conferences = {call.conference for call in fitting}
        if len(fitting) == 1 or (len(conferences) == 1 and "" not in conferences):
            return fitting
        raise PhoneError(*_none_or_several(cue, fitting))

    def _fits(self, user: str, call: Call, cue: Cue) -> bool:
        recording = self._calls.get((user, call.id))
        state = recording.standing.state if recording else RecordingState.OFF
        if cue is Cue.START:
            return is_spoken_on(call) and state in {RecordingState.OFF, RecordingState.FAILED}
        if cue is Cue.PAUSE:
            return state is RecordingState.RECORDING
        if cue is Cue.RESUME:
            return state is RecordingState.PAUSED
        return state is not RecordingState.OFF

    def _of(self, user: str, call: Call) -> CallRecording:
        key = (user, call.id)
        if key not in self._calls:
            self._calls[key] = CallRecording(call, self._tools_of(user))
        return self._calls[key]

    # --- following ---

    def _follow(self, event: events.CallEvent) -> None:
        user, call = event.user, event.call
        if user not in self._phones:
            return
        known = self._calls.get((user, call.id))
        if known is not None:
            known.follow(call)
        policy = self.policy(user)
        standing, stopped = (known.standing, known.stopped) if known else (Standing.OFF, False)
        cue = cue_of(event, standing, policy, stopped=stopped)
        if cue is not None and (known is not None or cue in {Cue.ANSWERED, Cue.FOUND}):
            self._of(user, call).cue(cue)
        if call.ended is not None:
            self._forget_ended()

    def _look_at_all(self, user: str) -> None:
        """Record calls that were up before the hub was, or before the user signed in, if they are to be.

        What is recorded already goes on.
        """
        for (of, _), recording in self._calls.items():
            if of == user:
                recording.connected_again()
        policy = self.policy(user)
        for call in self._phones[user].calls:
            known = self._calls.get((user, call.id))
            is_new = known is None or (known.standing is Standing.OFF and not known.stopped)
            if policy.records_all and is_spoken_on(call) and is_new:
                self._of(user, call).cue(Cue.FOUND)

    def _load(self, user: str) -> None:
        """Have ready what recording needs, once there is a phone whose calls can be recorded."""
        if not self._is_loaded and AttachMedia.name in self._phones[user].capabilities:
            self._is_loaded = True
            self._threads.submit(load)

    def _close_all(self, user: str) -> None:
        """Save what is recorded of a user who has signed out: their calls may go on, but nobody tells of them."""
        for (of, _), recording in self._calls.items():
            if of == user:
                recording.cue(Cue.CLOSED, "signed_out")

    def _forget_ended(self) -> None:
        self._calls = {key: one for key, one in self._calls.items() if not one.is_over}

    def _view(self, user: str, call: str) -> RecordingView:
        recording, policy = self._calls.get((user, call)), self.policy(user)
        if recording is None:
            return RecordingView(call, enforced=policy.enforced, may_pause=policy.may_pause)
        return RecordingView(
            call,
            recording.standing.state,
            recording.reason,
            recording.advice,
            recording.id,
            policy.enforced,
            policy.may_pause,
        )

    # --- what recordings need, and tell ---

    def _tools_of(self, user: str) -> Tools:
        if user not in self._tools:
            phone = self._phones[user]
            self._tools[user] = Tools(
                settings=self._services.settings(user),
                folder=self.folder_of(user),
                own_folder=self._services.folder / user,
                address=self._services.receiving.address,
                receiver=self._listening,
                ask=phone.connection.do,
                can=lambda capability: capability in phone.capabilities,
                threads=self._threads,
                clock=self._services.clock,
                zone=self._services.zone,
                tell=self._told,
                saved=self._saved,
            )
        return self._tools[user]

    def _listening(self) -> Receiver:
        """Return the receiver, which is begun with the first recording; ImportError without what it needs."""
        if self._receiver is None:
            from hub.recording.receiver import Receiver

            self._receiver = Receiver(
                host=self._services.receiving.address,
                ports=self._services.receiving.ports,
                most=self._services.receiving.most,
            )
            self._receiver.start()
        return self._receiver

    def _told(self, recording: CallRecording) -> None:
        call = recording.call
        self._services.emit(
            events.RecordingChanged(
                seq=self._services.next_seq(call.user),
                at=self._services.clock.now(),
                user=call.user,
                call=call,
                state=recording.standing.state,
                reason=recording.reason,
                advice=recording.advice,
                recording=recording.id,
            )
        )

    def _saved(self, recording: CallRecording, path: Path, told: Sidecar) -> None:
        self.keeping.finish(path, told, lambda done: self._ready(recording.call, done))

    def _ready(self, call: Call, done: Sidecar) -> None:
        self._services.emit(
            events.RecordingReady(
                seq=self._services.next_seq(call.user),
                at=self._services.clock.now(),
                user=call.user,
                call=call,
                recording=done.id,
                format=done.format,
                duration=done.duration,
                size=done.size,
            )
        )


def _none_or_several(what: str, calls: list[Call]) -> tuple[str, str]:
    if not calls:
        return f"there is no call to {what}", "wrong_state"
    return f"several calls could be meant, name one: {', '.join(call.id for call in calls)}", "ambiguous_call"
