"""Starts commands and waits for them on threads: the quickest way there is, and it never blocks the loop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

LONGEST_TAIL = 4000
_READ = 65536
_AFTER_EXIT = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and the tail of what it wrote."""

    status: int
    output: str


class Command:
    """One command, from its start on a thread to its end; `kill` may be called at any time, from any thread."""

    def __init__(self, argv: list[str], env: dict[str, str], stdin: str | None) -> None:
        self._argv = argv
        self._env = env
        self._stdin = stdin
        self._tail = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._lock = threading.Lock()

    def run(self) -> Ended:
        """Start it, wait for its end; raises OSError if it cannot be started."""
        with self._lock:
            if self._killed:
                raise ProcessLookupError("it was stopped before it began")
            self._process = process = start(self._argv, self._env, has_input=self._stdin is not None)
        reader = threading.Thread(target=self._read, args=(process.stdout,), name="output", daemon=True)
        reader.start()
        if process.stdin is not None and self._stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(self._stdin.encode("utf-8", "replace"))
            with suppress(BrokenPipeError):
                process.stdin.close()
        status = process.wait()
        reader.join(_AFTER_EXIT)  # what it left running may hold its output open for ever
        return Ended(status, self.output)

    @property
    def output(self) -> str:
        """The tail of what it wrote so far."""
        return bytes(self._tail).decode("utf-8", "replace")

    def kill(self) -> None:
        """End it and everything that it started."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                _kill_group(self._process)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while part := os.read(stream.fileno(), _READ):
                self._tail += part
                del self._tail[:-LONGEST_TAIL]


class Processes:
    """Runs commands, at most so many at once; others wait for their turn within their deadline."""

    def __init__(self, most: int = 32) -> None:
        self._threads = ThreadPoolExecutor(max_workers=most, thread_name_prefix="run")

    async def run(self, argv: list[str], env: dict[str, str], stdin: str | None, deadline: float) -> Ended:
        """Run a command to its end; after the deadline, or when cancelled, it is killed with all that it started.

        Raises TimeoutError, and OSError if it cannot be started.
        """
        command = Command(argv, env, stdin)
        future = asyncio.get_running_loop().run_in_executor(self._threads, command.run)
        try:
            await asyncio.wait({future}, timeout=deadline)
            if future.done():
                return future.result()
        finally:
            if not future.done():
                future.cancel()
                command.kill()
        with suppress(OSError, asyncio.CancelledError):
            await future
        tail = command.output.strip()
        raise TimeoutError(f"killed after {deadline:g} s" + (f"; it said: {tail[-200:]}" if tail else ""))


def start(argv: list[str], env: dict[str, str], *, has_input: bool) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; returns when the program runs, raises OSError if it cannot."""
    return subprocess.Popen(
        argv,
        env={**os.environ, **env} if env else None,
        stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    subprocess.run(  # pragma: no cover  Windows has no groups to kill, but a tool for trees
        ["taskkill", "/F", "/T", "/PID", str(process.pid)],  # noqa: S607
        check=False,
        capture_output=True,
    )
