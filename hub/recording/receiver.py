"""Receives the audio of all calls that are recorded: one thread, off the loop that signals."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.recording import datagrams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.recording.latch import Latch
    from hub.recording.tape import Change, Tape

log = logging.getLogger(__name__)

EVERY = 0.553
"""Seconds between two rounds, in which all that waits in the kernel is taken and written.

The longer, the less a packet costs; but with what must wait for packets on their way a crash must not cost a second. It
is no multiple of 20 ms, so that packets are not always as old when they are taken.
"""
BUFFER = 1 << 19
"""Bytes that the kernel keeps for one stream: some seconds, in case the disk is slow."""
FILES_A_CALL = 3
"""Two sockets and a WAV file."""
_OTHER_FILES = 1000
MOST_ROUNDS = 16
"""Batches taken from one socket in one round: a flood must not keep the others waiting."""


class NoPort(OSError):  # noqa: N818  what it tells
    """No UDP port is left to receive at."""


class News(StrEnum):
    """What the receiver tells of a line."""

    NO_AUDIO = "no audio"
    AUDIO = "audio again"
    FAILED = "failed"


@dataclass(eq=False, slots=True)
class Line:
    """Two sockets of one call: what the user says comes in at the first, what the far end says at the second."""

    sockets: tuple[socket.socket, socket.socket]
    tape: Tape | None = None
    no_audio_after: float = 5.0
    tell: Callable[[News, OSError | None], None] = lambda _news, _error: None
    watched: bool = True
    silent: bool = False
    failed: bool = False
    fds: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.fds = tuple(each.fileno() for each in self.sockets)

    @property
    def ports(self) -> tuple[int, int]:
        """Where the user's stream, and the far end's, are received."""
        near, far = (each.getsockname()[1] for each in self.sockets)
        return near, far


def _allow_files(more: int) -> None:
    """Let this process have so many files open beside what it has, as far as the system allows."""
    try:
        import resource
    except ImportError:  # pragma: no cover  where there is no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + more if hard == resource.RLIM_INFINITY else min(hard, soft + more)
    if soft not in (resource.RLIM_INFINITY, hard) and soft < more + _OTHER_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Receiver:
    """All lines, and the thread that listens to them. `ports` are the first and last to use; 0: any that is free."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        ports: tuple[int, int] = (0, 0),
        most: int = 2000,
        every: float = EVERY,
        take: datagrams.Datagrams | None = None,
    ) -> None:
        self._host = host
        self._ports = ports
        self._most = most
        self._every = every
        self._batch = take or datagrams.best()
        self._lines: list[Line] = []
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._opened: set[Line] = set()
        self._thread = threading.Thread(target=self._run, name="phonehub-recording", daemon=True)

    def start(self) -> None:
        """Begin."""
        _allow_files(FILES_A_CALL * self._most)
        self._thread.start()

    def stop(self, within: float = 10.0) -> bool:
        """Finish every tape and end; returns whether that was done within so many seconds. Not for the loop."""
        self._jobs.put(None)
        self._thread.join(within)
        return not self._thread.is_alive()

    def open(self) -> Line:
        """Make a line; its packets wait in the kernel until it is `played`. Raises `NoPort`."""
        if len(self._opened) >= self._most:
            raise NoPort(f"{self._most} calls are recorded already")
        near = self._bound()
        try:
            line = Line((near, self._bound()))
        except OSError:
            near.close()
            raise
        self._opened.add(line)
        return line

    def play(self, line: Line, tape: Tape) -> None:
        """Have a line written to a tape."""
        line.tape = tape
        self._jobs.put(lambda: self._begin(line))

    def change(self, line: Line, what: Change, at: float, why: str = "", *, watched: bool | None = None) -> None:
        """Have a change written to a line's tape; `watched` says whether audio is expected from now on."""

        def job() -> None:
            if line.tape is None:
                return
            line.tape.change(what, at, why)
            if watched is not None:
                line.watched, line.silent = watched, False
                line.tape.heard_at = at

        self._jobs.put(job)

    def follow(self, line: Line, sender: bytes, at: float) -> None:
        """Let a line's streams come from another sender; empty: from wherever they come."""

        def job() -> None:
            if line.tape is not None:
                for latch in line.tape.latches:
                    latch.changed(at, sender)

        self._jobs.put(job)

    def close(self, line: Line, at: float) -> Future[OSError | None]:
        """Take what has come until a time, finish the tape, close the sockets; the result is what went wrong."""
        done: Future[OSError | None] = Future()
        self._jobs.put(lambda: done.set_result(self._close(line, at)))
        return done

    # --- on the thread ---

    def _run(self) -> None:
        at = time.monotonic()
        while self._work_off(at):
            at = time.monotonic()
            self._round(at)
            at += self._every
        for line in tuple(self._opened):
            self._close(line, time.monotonic())

    def _work_off(self, until: float) -> bool:
        """Do what was asked for, until a time; without lines, until something is. Returns False at the end."""
        while True:
            left = until - time.monotonic()
            try:
                job = self._jobs.get(timeout=max(0.0, left) if self._lines else None)
            except queue.Empty:
                return True
            if job is None:
                return False
            job()
            if left <= 0 and self._jobs.empty():
                return True

    def _begin(self, line: Line) -> None:
        self._lines.append(line)
        if line.tape is not None:
            line.tape.heard_at = time.monotonic()

    def _round(self, now: float) -> None:
        self._batch.begin()
        for line in self._lines:
            try:
                self._take(line, now)
                if line.tape is not None and not line.failed:
                    line.tape.write(now)
            except OSError as error:
                line.failed = True
                line.tell(News.FAILED, error)
            except Exception as error:  # one call's audio, which comes from the wire, must not cost the others theirs
                log.exception("a recording failed")
                line.failed = True
                line.tell(News.FAILED, OSError(str(error)))
            self._watch(line, now)

    def _take(self, line: Line, now: float) -> None:
        tape = line.tape
        if tape is None:
            return
        for fd, side, latch in zip(line.fds, tape.sides, tape.latches, strict=True):
            for _ in range(MOST_ROUNDS):
                count = self._batch.take(fd)
                if count and not line.failed and (admitted := self._admitted(latch, count)):
                    side.add_datagrams(admitted, self._batch.arrived)
                    tape.heard_at = now
                if count < datagrams.AT_ONCE:
                    break

    def _admitted(self, latch: Latch, count: int) -> list[bytes]:
        """Return what of a batch is by whom the stream is to come from."""
        data, at = self._batch.datagrams(count), self._batch.arrived
        if self._batch.all_by(latch.sender, count):
            return data if latch.admits(latch.sender, data[-1], at) else []
        senders = self._batch.senders(count)
        return [each for each, sender in zip(data, senders, strict=True) if latch.admits(sender, each, at)]

    def _watch(self, line: Line, now: float) -> None:
        if not line.watched or line.failed or line.tape is None:
            return
        silent = now - line.tape.heard_at > line.no_audio_after
        if silent is not line.silent:
            line.silent = silent
            line.tell(News.NO_AUDIO if silent else News.AUDIO, None)

    def _close(self, line: Line, at: float) -> OSError | None:
        failure: OSError | None = None
        if line in self._opened:
            try:
                self._batch.begin()
                self._take(line, at)
                if line.tape is not None:
                    line.tape.finish(at)
            except OSError as error:
                failure = error
            except Exception as error:  # as in a round; who waits for the end must hear of it
                log.exception("a recording was not finished in order")
                failure = OSError(str(error))
        if line in self._lines:
            self._lines.remove(line)
        self._opened.discard(line)
        for each in line.sockets:
            each.close()
        return failure

    # --- ports ---

    def _bound(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        for port in self._candidates():
            there = socket.socket(family, socket.SOCK_DGRAM)
            try:
                there.bind((self._host, port))
                there.settimeout(0)
                there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
                self._batch.prepare(there)
            except OSError:
                there.close()
                continue
            return there
        first, last = self._ports
        which = f"between {first} and {last} " if first else ""
        raise NoPort(f"no UDP port {which}is free at {self._host}")

    def _candidates(self) -> Iterator[int]:
        first, last = self._ports
        if not first:
            yield 0
        taken = {port for line in tuple(self._opened) for port in line.ports} if first else set()
        yield from (port for port in range(first, last + 1) if first and port not in taken)
