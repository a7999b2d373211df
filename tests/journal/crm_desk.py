"""A CRM that a test scripts: real HTTP on a free port, which remembers all that it was sent."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What it answers; with `hold`, not before `Crm.let_go`. So many bytes are `missing` of what it announces."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: bool = False
    missing: int = 0


class Crm:
    """Answers by its `script`, one after the other, and then always with `last`."""

    def __init__(self, *script: Answer, last: Answer | None = None) -> None:
        self.script = list(script)
        self.last = last or Answer()
        self.sent: queue.Queue[Sent] = queue.Queue()
        self._held = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def let_go(self) -> None:
        """Answer what is held, now and later."""
        self._held.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        crm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = crm.script.pop(0) if crm.script else crm.last
                headers = {name.lower(): value for name, value in self.headers.items()}
                crm.sent.put(Sent(self.command, self.path, headers, json.loads(body)))
                if answer.hold:
                    crm._held.wait(30)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body) + answer.missing))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    self.close_connection = answer.missing > 0
                except OSError:
                    self.close_connection = True  # who asked is gone: it was killed

            do_POST = do_PUT = do_PATCH = _take  # noqa: N815  so they are called there

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
