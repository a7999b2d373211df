"""The recording of one call: works off its cues, one after the other, as the policy's table says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hub.core.call import CallState
from hub.core.recording import ASKED, Cue, Deed, NotNow, Standing, move
from hub.phone.adapter import PhoneError
from hub.phone.commands import Announce, AttachMedia, DetachMedia
from hub.recording.failures import ADVICE, Failure, of_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from concurrent.futures import Executor
    from datetime import tzinfo
    from pathlib import Path

    from hub.clock import Clock
    from hub.config.sections import RecordingSection
    from hub.core.call import Call
    from hub.phone.commands import LegCommand
    from hub.recording.receiver import Line, News, Receiver
    from hub.recording.sidecar import Sidecar
    from hub.recording.studio import Take

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING = 100
"""Cues that may wait for one recording."""
_REASONS = frozenset(ADVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the recordings of one user are made with.

    `folder` is where they go, the user's `own_folder` if none was chosen; audio is sent to `address`. `ask` asks the
    phone system, which `can` do some things. What blocks runs on `threads`. `tell` is told of every change of a
    recording, and `saved` is handed each file that is complete but for its format.
    """

    settings: RecordingSection
    folder: Path
    own_folder: Path
    address: str
    receiver: Callable[[], Receiver]
    ask: Callable[[LegCommand], Awaitable[Mapping[str, str]]]
    can: Callable[[str], bool]
    threads: Executor
    clock: Clock
    zone: tzinfo
    tell: Callable[[CallRecording], None]
    saved: Callable[[CallRecording, Path, Sidecar], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    cue: Cue
    at: float
    reason: str
    done: asyncio.Future[None] | None


def load() -> None:
    """Import what recording needs, which takes a while: not on the loop. ImportError where it is not installed."""
    import hub.media.codecs
    import hub.recording.receiver
    import hub.recording.studio  # noqa: F401  for later


class CallRecording:
    """One call's recording. `call` is to be kept up to date; `reason` says why it stands as it does."""

    def __init__(self, call: Call, tools: Tools) -> None:
        self.call = call
        self.standing = Standing.OFF
        self.reason = ""
        self.stopped = False
        """Whether somebody has stopped it, so that it does not begin again by itself."""
        self._tools = tools
        self._waiting: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._line: Line | None = None
        self._leg = ""
        self._is_cut = False
        """Whether the audio has to be asked for again."""
        self._take: Take | None = None
        self._saved = ""
        """The id of the file that was written last."""

    @property
    def id(self) -> str:
        """The id of the file that is being written, or was written last; empty if there is none."""
        return self._take.told.id if self._take else self._saved

    @property
    def advice(self) -> str:
        """What a person can do about a failure."""
        return ADVICE.get(self.reason, "") if self.standing in {Standing.FAILED, Standing.SILENT} else ""

    def follow(self, call: Call) -> None:
        """Take the call in as it is now; where it goes on at another device, its audio comes from there."""
        self.call = call
        spoken_on = _connected(call)
        if self._leg and spoken_on and self._leg not in spoken_on:
            self.cue(Cue.MOVED)
        elif self._is_cut and spoken_on:
            self._is_cut = False
            self.cue(Cue.MOVED, "connected_again")

    def connected_again(self) -> None:
        """Ask for the audio again as soon as the call is spoken on: it ended with the session that had asked for it."""
        self._is_cut = self._line is not None
        self.follow(self.call)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do for a call that has ended."""
        return self._task is None and self.standing is Standing.OFF and self.call.ended is not None

    def cue(self, cue: Cue, reason: str = "") -> None:
        """Let the recording know that something happened; never waits."""
        self._put(_Waiting(cue, time.monotonic(), reason, None))

    async def asked(self, cue: Cue, reason: str = "asked") -> None:
        """Do what somebody asked for; raises `NotNow`, or `Failure` if it could not be done."""
        done = asyncio.get_running_loop().create_future()
        self._put(_Waiting(cue, time.monotonic(), reason, done))
        await done

    async def settled(self) -> None:
        """Return when all cues are worked off."""
        while self._task is not None:
            await asyncio.wait({self._task})

    # --- working off ---

    def _put(self, waiting: _Waiting) -> None:
        if len(self._waiting) >= MOST_WAITING:
            log.warning("the recording of %s has %d cues to work off already", self.call.id, MOST_WAITING)
            if waiting.done is not None:
                waiting.done.set_exception(NotNow("too much is asked of this recording at once"))
            return
        self._waiting.append(waiting)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name=f"recording of {self.call.id}")

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._follow(self._waiting.popleft())
        finally:
            self._task = None

    async def _follow(self, waiting: _Waiting) -> None:
        answer: Exception | None = None
        try:
            step = move(self.standing, waiting.cue)
            before, self.standing = self.standing, step.to
            if waiting.cue in ASKED:
                self.stopped = waiting.cue is Cue.STOP
            if step.to is not before or step.deeds:
                self.reason = waiting.reason or waiting.cue.replace(" ", "_")
                for deed in step.deeds:
                    await self._do(deed, waiting)
                self._tools.tell(self)
        except NotNow as error:
            answer = error
        except Failure as failure:
            answer = failure
            await self._fail(failure, waiting.at)
        except Exception as error:  # an adapter is a plugin's: whatever it raises, who asked must hear of it
            log.exception("the recording of %s failed", self.call.id)
            answer = Failure("refused", repr(error))
            await self._fail(answer, waiting.at)
        if waiting.done is not None and not waiting.done.done():
            if answer is None:
                waiting.done.set_result(None)
            else:
                waiting.done.set_exception(answer)

    async def _fail(self, failure: Failure, at: float) -> None:
        """Stop, and keep what there is."""
        log.warning("the recording of %s failed: %s", self.call.id, failure)
        self.standing, self.reason = Standing.FAILED, failure.reason
        await self._detach()
        with contextlib.suppress(Failure):
            await self._save(at)
        self._tools.tell(self)

    async def _do(self, deed: Deed, waiting: _Waiting) -> None:
        match deed:
            case Deed.ATTACH:
                await self._attach(waiting.at)
            case Deed.FOLLOW:
                await self._attach_again(waiting.at)
            case Deed.DETACH:
                await self._detach()
            case Deed.SAVE:
                await self._save(waiting.at)
            case _:
                self._change(deed, waiting)

    def _change(self, deed: Deed, waiting: _Waiting) -> None:
        from hub.recording.tape import Change

        if self._line is not None:
            watched = {Deed.BREAK: False, Deed.JOIN: True}.get(deed)
            self._tools.receiver().change(self._line, Change(deed.value), waiting.at, self.reason, watched=watched)

    async def _attach(self, at: float) -> None:
        """Have the phone system send the audio, and begin a file; raises `Failure`, and then nothing is left over."""
        try:
            await self._aside(load)
            from hub.media.codecs import CODECS
            from hub.recording import studio
            from hub.recording.receiver import NoPort

            receiver = self._tools.receiver()
        except ImportError:
            raise Failure("not_installed") from None
        tools = self._tools
        self._leg, self._saved = _leg(self.call), ""
        try:
            folder = await self._aside(studio.ready, tools.folder, tools.own_folder)
            self._line = receiver.open()
        except NoPort as error:
            raise Failure("no_port", str(error)) from None
        except OSError as error:
            raise of_error(error) from None
        said = await self._ask_for_audio(self._line, tuple(CODECS))
        await self._begin_file(folder, said, at)
        if tools.settings.announce and tools.can(Announce.name):
            await self._announce()

    async def _attach_again(self, at: float) -> None:
        """Have the audio come from the device that the call goes on at, in the codec of the file; raises `Failure`.

        Where the connection is gone, that is for the next one.
        """
        from hub.recording.tape import Change

        self._leg = _leg(self.call)
        if self._line is None or self._take is None:
            return
        try:
            said = await self._ask_for_audio(self._line, (self._take.tape.codec.name,))
        except Failure as failure:
            if failure.reason != "not_connected":
                raise
        else:
            receiver = self._tools.receiver()
            receiver.follow(self._line, _sender(said), time.monotonic())
            receiver.change(self._line, Change.MARK, at, self.reason)

    async def _ask_for_audio(self, line: Line, codecs: tuple[str, ...]) -> Mapping[str, str]:
        address, (near, far) = self._tools.address, line.ports
        try:
            return await self._tools.ask(AttachMedia(self._leg, (address, near), (address, far), codecs))
        except PhoneError as error:
            self._leg = ""
            raise Failure(error.code if error.code in _REASONS else "refused", str(error)) from None

    async def _begin_file(self, folder: Path, said: Mapping[str, str], at: float) -> None:
        from hub.media.codec import UnsupportedCodec
        from hub.media.codecs import by_name
        from hub.recording import studio

        tools = self._tools
        try:
            codec = by_name(said.get("codec", ""))
            payload_type = int(said.get("payload_type", codec.payload_type))
        except (UnsupportedCodec, ValueError) as error:
            raise Failure("unsupported_codec", str(error)) from None
        now, since = tools.clock.now(), time.monotonic() - at
        answered = self.call.answered or now
        missing = max(0.0, (now - answered).total_seconds() - since)
        begun = studio.Begin(now, time.monotonic(), round(missing, 3)).earlier(since)
        try:
            self._take = await self._aside(
                studio.begin, folder, self.call, codec, tools.settings, begun, tools.zone, payload_type, _sender(said)
            )
        except OSError as error:
            raise of_error(error) from None
        if self._line is not None:
            self._line.tell = self._news_of(self._line, asyncio.get_running_loop())
            self._line.no_audio_after = tools.settings.no_audio_after
            tools.receiver().play(self._line, self._take.tape)

    async def _announce(self) -> None:
        try:
            await self._tools.ask(Announce(self._leg))
        except PhoneError as error:
            log.warning("the recording of %s was not announced: %s", self.call.id, error)

    async def _detach(self) -> None:
        """End the audio; a call that is over, or out of reach, has none."""
        leg, self._leg = self._leg, ""
        if leg:
            try:
                await self._tools.ask(DetachMedia(leg))
            except Exception as error:  # noqa: BLE001  as in _follow; the file must be saved all the same
                log.debug("the audio of %s was not ended: %s", self.call.id, error)

    async def _save(self, at: float) -> None:
        """Close the file, and hand it on; raises `Failure` if the end of it could not be written."""
        from hub.recording import sidecar, studio

        line, self._line = self._line, None
        take, self._take = self._take, None
        if line is None:
            return
        error = await asyncio.wrap_future(self._tools.receiver().close(line, at))
        if take is None:
            return
        told = studio.told(take, self.call, take.begin.wall(at))
        try:
            if take.tape.heard:
                await self._aside(sidecar.write, take.path, told)
            else:
                await self._aside(studio.discard, take)
        except OSError as failed:
            error = error or failed
        if take.tape.heard:
            self._saved = told.id
            self._tools.saved(self, take.path, told)
        if error is not None:
            raise of_error(error)

    async def _aside(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        run = partial(work, *arguments, **named)
        return await asyncio.get_running_loop().run_in_executor(self._tools.threads, run)

    def _news_of(self, line: Line, loop: asyncio.AbstractEventLoop) -> Callable[[News, OSError | None], None]:
        """Return what the receiver's thread may call to tell of a line."""

        def news(what: News, error: OSError | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._hear, line, what, error)

        return news

    def _hear(self, line: Line, what: News, error: OSError | None) -> None:
        if line is not self._line:
            return  # it was closed meanwhile
        reason = of_error(error).reason if error else ("no_audio" if what == "no audio" else "audio_again")
        self.cue(Cue(what.value), reason)


def _sender(said: Mapping[str, str]) -> bytes:
    """Return where the audio comes from, as the phone system has said; empty if it has not."""
    from hub.recording.datagrams import sender_at

    try:
        return sender_at((said["source_host"], int(said["source_port"])))
    except (KeyError, ValueError, OverflowError):
        return b""


def _leg(call: Call) -> str:
    """Return the leg that is spoken on."""
    found = _connected(call)
    if not found:
        raise Failure("refused", "the call is not connected")
    return found[0]


def _connected(call: Call) -> list[str]:
    return [leg.leg.id for leg in call.legs if leg.state is CallState.CONNECTED]
