"""What rules really start and really open, for tests: a program and a web site that write down what they get."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TELL = """\
#!{python}
import json, os, sys
with open({out!r}, "a") as out:
    out.write(json.dumps({{
        "argv": [arg.encode("utf-8", "surrogateescape").hex() for arg in sys.argv[1:]],
        "stdin": sys.stdin.read(),
        "env": {{name: value for name, value in os.environ.items() if name.startswith("CRM_")}},
    }}) + "\\n")
print("told", os.environ.get("CRM_TOKEN", ""))
"""


class Program:
    """A real program that writes down what it was started with."""

    def __init__(self, folder: Path, name: str = "tell") -> None:
        self.path = folder / name
        self._out = folder / f"{name}.json"
        self.path.write_text(TELL.format(python=sys.executable, out=str(self._out)))
        self.path.chmod(0o755)

    @property
    def runs(self) -> list[dict[str, object]]:
        if not self._out.exists():
            return []
        return [json.loads(line) for line in self._out.read_text().splitlines()]

    @property
    def argvs(self) -> list[list[str]]:
        return [[bytes.fromhex(arg).decode() for arg in run["argv"]] for run in self.runs]  # type: ignore[attr-defined]


class Site:
    """A real web server that writes down what it was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._came = threading.Condition()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with site._came:
                    site.paths.append(self.path)
                    site._came.notify_all()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<title>here</title>")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def queries(self) -> list[tuple[str, dict[str, list[str]]]]:
        parts = [urlsplit(path) for path in self.paths if path != "/favicon.ico"]
        return [(part.path, parse_qs(part.query, keep_blank_values=True)) for part in parts]

    def wait(self, count: int = 1, within: float = 30.0) -> None:
        """Return when it was asked for so many pages."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.queries) >= count, within)


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()
