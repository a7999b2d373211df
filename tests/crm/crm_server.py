"""A CRM for tests: a real web server that answers as it is told, and writes down what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Crm:
    """Answers everything with `status`, `headers` and `answer` (bytes as they are, all else as JSON)."""

    url: str = ""
    status: int = 200
    answer: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running_crm() -> Iterator[Crm]:
    """Run one; it answers at once unless `released` is cleared."""
    crm = Crm()
    crm.released.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = json.loads(body) if body else None
            crm.asked.append(Asked(self.command, parts.path, parse_qs(parts.query), dict(self.headers.items()), sent))
            crm.released.wait(30)
            answer = crm.answer if isinstance(crm.answer, bytes) else json.dumps(crm.answer).encode()
            try:
                self.send_response(crm.status)
                for name, value in crm.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was not waited for

        do_POST = do_GET  # noqa: N815  as the library wants it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    crm.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield crm
    finally:
        crm.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
