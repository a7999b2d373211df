"""A real Radicale, in this process: its own storage folder, its own port, one thread a request."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import radicale
import radicale.config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "radicale-pw"
_MAKE = """<?xml version="1.0"?><create xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype><displayname>{}</displayname></prop></set></create>"""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


class Radicale:
    def __init__(self, url: str) -> None:
        self.url = url

    def make_book(self, user: str, name: str) -> str:
        """Make an address book; return its URL."""
        url = f"{self.url}/{user}/{name}/"
        httpx.request("MKCOL", url, auth=(user, PASSWORD), content=_MAKE.format(name).replace("create", "mkcol"))
        return url


@contextmanager
def radicale_running(folder: Path, *users: str) -> Iterator[Radicale]:
    accounts = folder / "users"
    accounts.write_text("".join(f"{user}:{PASSWORD}\n" for user in users), encoding="utf-8")
    configuration = radicale.config.load()
    configuration.update(
        {
            "storage": {"filesystem_folder": str(folder / "storage")},
            "auth": {
                "type": "htpasswd",
                "htpasswd_filename": str(accounts),
                "htpasswd_encryption": "plain",
                "delay": "0",
            },
            "rights": {"type": "owner_only"},
            "logging": {"level": "critical"},
        },
        "test",
    )
    server = make_server("127.0.0.1", 0, radicale.Application(configuration), Server, Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Radicale(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
