"""Microsoft 365 as far as tests need it: the sign-in by device code and Microsoft Graph, over HTTPS.

A route is a function in `ROUTES`; whoever adds calendars or presence adds routes and what they keep to `Person`.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLIENT = "11111111-2222-3333-4444-555555555555"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Person:
    """Somebody with an account: `contacts` by id, `log` of ids that changed."""

    name: str
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    versions: count[int] = field(default_factory=lambda: count(1))

    def put(self, contact_id: str, told: dict[str, Any]) -> dict[str, Any]:
        """Write what is told of a contact over what is there."""
        version = base64.b64encode(f"{contact_id} {next(self.versions)}".encode()).decode()
        old = self.contacts.get(contact_id, {"id": contact_id})
        self.contacts[contact_id] = old | told | {"@odata.etag": f'W/"{version}"', "changeKey": version}
        self.log.append(contact_id)
        return self.contacts[contact_id]

    def remove(self, contact_id: str) -> None:
        del self.contacts[contact_id]
        self.log.append(contact_id)


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    person: Person | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Microsoft:
    """The servers: who there is, what is signed in, how they misbehave."""

    def __init__(self) -> None:
        self.url = ""
        self.people: dict[str, Person] = {}
        self.page = 100
        self.interval = 0
        """Seconds between two questions whether a code was typed."""
        self.answers_first: list[Answer] = []
        """What the next requests to Graph are answered with, whatever they are."""
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self.access: dict[str, str] = {}
        self.refresh: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self._numbers = count(1)

    @property
    def graph(self) -> str:
        return f"{self.url}/v1.0"

    def person(self, name: str) -> Person:
        return self.people.setdefault(name, Person(name))

    def approve(self, user_code: str, name: str) -> None:
        """Let somebody type the code and sign in."""
        self.devices[f"device {user_code}"] = name

    def deny(self, user_code: str) -> None:
        self.devices[f"device {user_code}"] = "-"

    def tokens(self, name: str) -> dict[str, Any]:
        number = next(self._numbers)
        access, refresh = f"access-{name}-{number}", f"refresh-{name}-{number}"
        self.access[access] = self.refresh[refresh] = name
        now = int(time.time())
        claims = {
            "aud": CLIENT, "iss": f"{self.url}/common/v2.0", "sub": name, "oid": name, "tid": "common", "iat": now,
            "exp": now + 3600, "preferred_username": f"{name}@engines.example",
        }  # fmt: skip
        return {
            "token_type": "Bearer",
            "scope": "Contacts.ReadWrite openid profile offline_access",
            "expires_in": 3600,
            "access_token": access,
            "refresh_token": refresh,
            "id_token": ".".join([_encoded({"alg": "none"}), _encoded(claims), "x"]),
            "client_info": _encoded({"uid": name, "utid": "common"}),
        }

    def new_code(self) -> str:
        return f"CODE{next(self._numbers)}"


def discovery(server: Microsoft, _asked: Asked) -> Answer:
    base = f"{server.url}/common"
    return Answer(
        200,
        {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        },
    )


def device_code(server: Microsoft, asked: Asked) -> Answer:
    if asked.form["client_id"] != CLIENT:
        return Answer(400, {"error": "unauthorized_client", "error_description": "AADSTS700016: no such application"})
    code = server.new_code()
    server.devices[f"device {code}"] = ""
    return Answer(
        200,
        {
            "user_code": code,
            "device_code": f"device {code}",
            "verification_uri": f"{server.url}/devicelogin",
            "expires_in": 900,
            "interval": server.interval,
            "message": f"open it and type {code}",
        },
    )


def token(server: Microsoft, asked: Asked) -> Answer:
    form = asked.form
    if form["grant_type"] == DEVICE_GRANT:
        name = server.devices.get(form["device_code"], "-")
        if name == "-":
            return Answer(400, {"error": "authorization_declined", "error_description": "AADSTS70000: declined"})
        if not name:
            return Answer(400, {"error": "authorization_pending", "error_description": "AADSTS70016: pending"})
        return Answer(200, server.tokens(name))
    if refreshed := server.refresh.pop(form.get("refresh_token", ""), ""):
        return Answer(200, server.tokens(refreshed))
    return Answer(400, {"error": "invalid_grant", "error_description": "AADSTS700082: the refresh token has expired"})


def delta(server: Microsoft, asked: Asked) -> Answer:
    person = _person(asked)
    try:
        since, start = (int(asked.query.get(name, "0")) for name in ("$deltatoken", "$skiptoken"))
    except ValueError:
        return _error(400, "BadRequest")
    if max(since, start) > len(person.log):
        return _error(410, "syncStateNotFound")
    place = max(since, start)
    end = min(place + server.page, len(person.log))
    ids = dict.fromkeys(person.log[place:end])
    value = [
        person.contacts.get(each, {"id": each, "@removed": {"reason": "deleted"}})
        for each in ids
        if each in person.contacts or since or "$skiptoken" in asked.query
    ]
    link = f"{server.graph}/me/contacts/delta?"
    more = end < len(person.log)
    told = {"@odata.nextLink": f"{link}$skiptoken={end}"} if more else {"@odata.deltaLink": f"{link}$deltatoken={end}"}
    return Answer(200, {"@odata.context": f"{server.graph}/$metadata#Collection(contact)", "value": value, **told})


def create(server: Microsoft, asked: Asked) -> Answer:
    contact_id = base64.urlsafe_b64encode(f"contact {server.new_code()}".encode()).decode()
    return Answer(201, _person(asked).put(contact_id, asked.json))


def change(_server: Microsoft, asked: Asked) -> Answer:
    person, contact_id = _person(asked), asked.path.rpartition("/")[2].replace("%3D", "=")
    refused = _refused(person, contact_id, asked)
    return refused or Answer(200, person.put(contact_id, asked.json))


def remove(_server: Microsoft, asked: Asked) -> Answer:
    person, contact_id = _person(asked), asked.path.rpartition("/")[2].replace("%3D", "=")
    refused = _refused(person, contact_id, asked)
    if refused is None:
        person.remove(contact_id)
    return refused or Answer(204)


ROUTES: list[tuple[str, str, Callable[[Microsoft, Asked], Answer]]] = [
    ("GET", r"/common/v2\.0/\.well-known/openid-configuration", discovery),
    ("POST", r"/common/oauth2/v2\.0/devicecode", device_code),
    ("POST", r"/common/oauth2/v2\.0/token", token),
    ("GET", r"/v1\.0/me/contacts/delta", delta),
    ("POST", r"/v1\.0/me/contacts", create),
    ("PATCH", r"/v1\.0/me/contacts/[^/]+", change),
    ("DELETE", r"/v1\.0/me/contacts/[^/]+", remove),
]


def answer(server: Microsoft, asked: Asked) -> Answer:
    """Return what the servers answer."""
    route = next(
        (each for method, path, each in ROUTES if method == asked.method and re.fullmatch(path, asked.path)), None
    )
    if asked.path.startswith("/v1.0/"):
        if server.answers_first:
            return server.answers_first.pop(0)
        name = server.access.get(asked.headers.get("authorization", "").removeprefix("Bearer "), "")
        if not name:
            return _error(401, "InvalidAuthenticationToken")
        asked.person = server.person(name)
    return route(server, asked) if route else _error(404, "ResourceNotFound")


def _person(asked: Asked) -> Person:
    assert asked.person is not None
    return asked.person


def _refused(person: Person, contact_id: str, asked: Asked) -> Answer | None:
    there = person.contacts.get(contact_id)
    if there is None:
        return _error(404, "ErrorItemNotFound")
    if asked.headers.get("if-match") not in {None, there["@odata.etag"]}:
        return _error(412, "ErrorIrresolvableConflict")
    return None


def _error(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": f"The simulated server says {code}."}})


def _encoded(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def make_certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 with its key, signed by itself; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated Microsoft 365")])
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=1), now + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    path = folder / "microsoft.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def microsoft_running(certificate: Path) -> Iterator[Microsoft]:
    """Run the servers with a certificate."""
    server = Microsoft()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            there = urlsplit(self.path)
            asked = Asked(
                self.command,
                there.path,
                {name: values[0] for name, values in parse_qs(there.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("content-length", "0"))),
            )
            with server.lock:
                server.asked.append(asked)
                told = answer(server, asked)
                data = b"" if told.body is None else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(data)), **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    class Http(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a client that does not trust us hangs up

    http = Http(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server.url = f"https://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)
