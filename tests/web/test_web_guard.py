from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hub import upload
from hub.web.guard import Address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from web_host import Office

    from hub.web.server import ApiServer

RECORDING = "/recordings/0123456789ab"
GETS = (
    "/phone", "/calls", "/history", "/actions", "/plugins", "/plugins/screenpop", "/rules",
    "/calls/-/recording", "/recordings",
)  # fmt: skip
WRITES = (
    ("POST", "/calls", {"number": "200"}),
    *(("POST", f"/calls/-/{word}", {}) for word in ("answer", "hold", "resume", "end", "ignore")),
    ("PUT", "/calls/-/mute", {"on": True}),
    *(("POST", f"/calls/-/{word}", {}) for word in ("complete", "cancel", "conference", "leave", "end-conference")),
    *(("POST", f"/calls/-/{word}", {}) for word in ("park", "voicemail")),
    *(("POST", f"/calls/-/{word}", {"number": "200"}) for word in ("transfer", "consult")),
    ("POST", "/calls/-/handoff", {"device": "desk"}),
    ("POST", "/redial", {}),
    ("POST", "/intercom", {"number": "200"}),
    ("POST", "/retrieve", {"orbit": "701"}),
    ("POST", "/pick-up", {}),
    ("POST", "/calls/-/digits", {"digits": "1"}),
    ("POST", "/agent/sign-in", {"queues": ["support"], "pin": "1234"}),
    ("POST", "/agent/sign-out", {}),
    ("PUT", "/agent/state", {"state": "idle"}),
    ("PUT", "/dnd", {"on": True}),
    ("PUT", "/appearance", {"appearance": "1"}),
    ("POST", "/appearances/Sales/resume", {}),
    ("POST", "/lines/1/seize", {}),
    ("POST", "/lines/1/answer", {}),
    ("POST", "/history/c1.alice/note", {"text": "hello"}),
    ("DELETE", "/history/c1.alice", {}),
    ("DELETE", "/history", {}),
    ("POST", "/posts/again", {}),
    ("POST", "/calls/-/recording/start", {}),
    ("DELETE", RECORDING, {}),
    *(("POST", f"/account/{word}", {}) for word in ("sign-in", "sign-out")),
    *(("PUT", f"/account/{word}", {"old": "1", "new": "2"}) for word in ("password", "pin")),
    ("PUT", "/account/image", {"data": "x"}),
    ("DELETE", "/account/image", {}),
)
EVERY = [
    *(("GET", path, None) for path in (*GETS, RECORDING, f"{RECORDING}/audio", f"{RECORDING}/waveform")),
    *WRITES,
    *(("GET", path, None) for path in ("/account", "/account/image/-", "/servers")),
    ("GET", "/plugins/notebook/me", None),
    *(("GET", path, None) for path in ("/system-calls", "/colleagues", "/history/c1.alice")),
    ("PUT", "/plugins/notebook/files/a", {}),
    *(("GET", path, None) for path in ("/history.csv", "/history.json", "/journals", "/posts")),
    *(("GET", path, None) for path in ("/agent", "/agents", "/queues", "/presence", "/presence/log")),
    ("PUT", "/presence", {"presence": "away"}),
]


@pytest.fixture
async def nobody(server: ApiServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server.url}/api", trust_env=False) as client:
        yield client


async def test_the_description_of_the_api_needs_a_token(nobody: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    refused = await nobody.get("/openapi.json")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    described = await alice.get("/openapi.json")
    assert "/api/plugins/notebook/me" in described.json()["paths"]


def test_every_route_is_tried(server: ApiServer) -> None:
    tried = {(method, path) for method, path, _ in EVERY} | {("GET", "/health")}
    named = {
        "/plugins/screenpop": "/plugins/{name}",
        "/plugins/notebook/files/a": "/plugins/notebook/files/{name}",
        "/account/image/-": "/account/image/{of}",
        "/appearances/Sales/resume": "/appearances/{name}/resume",
        "/lines/1/seize": "/lines/{line}/seize",
        "/lines/1/answer": "/lines/{line}/answer",
        "/history/c1.alice": "/history/{call}",
        "/history/c1.alice/note": "/history/{call}/note",
        "/calls/-/recording/start": "/calls/{call}/recording/{what}",
    }
    tried = {
        (method, named.get(path, path.replace("/-/", "/{call}/").replace(RECORDING, "/recordings/{recording}")))
        for method, path in tried
    }
    known = {
        (method.upper(), path.removeprefix("/api"))
        for path, methods in server.app.openapi()["paths"].items()
        for method in methods
    }
    assert known - {("GET", "/plugins/notebook/unguarded")} == tried


AWAY = (
    "..%2F..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "....%2F%2Fetc", "%2e%2e", "a%00b", "a%0d%0aX: y", "0" * 5000,
    "0123456789ab%0a", "x0123456789ab", "0123456789abx",
)  # fmt: skip


def described(server: ApiServer) -> list[tuple[str, str, dict[str, Any]]]:
    """Return every route of which a part of the path is to be filled in."""
    paths = server.app.openapi()["paths"].items()
    return [(method, path, told) for path, each in paths if "{" in path for method, told in each.items()]


def test_every_pattern_of_a_path_holds_from_end_to_end(server: ApiServer) -> None:
    found = [
        (path, parameter["schema"]["pattern"])
        for _, path, told in described(server)
        for parameter in told["parameters"]
        if "pattern" in parameter["schema"]
    ]
    assert len(found) >= 4
    assert [each for each in found if not re.fullmatch(r"\^.*\$", each[1])] == []


async def test_no_path_leads_out_of_its_place(alice: httpx.AsyncClient, server: ApiServer) -> None:
    kept = ("/api/history/", "/api/recordings/", "/api/plugins/{")  # of others' names nothing here is kept
    for method, path, _ in described(server):
        for away in AWAY if path.startswith(kept) else ():
            there = re.sub(r"\{\w+\}", away, path.removeprefix("/api"))
            answer = await alice.request(method.upper(), there, json={} if method != "get" else None)
            assert answer.status_code in {404, 405, 409, 413, 415, 422, 501, 503}, (method, there)


@pytest.mark.feature("DIAL-05")
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic YTpi", "bearer é", "Token x"])
async def test_nothing_without_a_token(nobody: httpx.AsyncClient, office: Office, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    for method, path, body in (*EVERY, ("GET", "/plugins/notebook/unguarded", None)):
        answer = await nobody.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path
        assert answer.headers["www-authenticate"] == "Bearer"
    assert not office.lines["alice"].legs
    assert not office.lines["alice"].dnd


async def test_a_token_in_the_address_is_none(nobody: httpx.AsyncClient, token: Callable[[str], str]) -> None:
    assert (await nobody.get("/calls", params={"token": token("alice")})).status_code == 401
    assert (await nobody.get("/calls", headers={"Cookie": f"token={token('alice')}"})).status_code == 401


async def test_health_needs_no_token_and_tells_nothing(nobody: httpx.AsyncClient) -> None:
    assert (await nobody.get("/health")).json() == {"status": "ok", "version": "0.1.0"}


async def test_nobody_sees_or_touches_anothers(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, office: Office
) -> None:
    call = await office.ring("alice", name="For Alice only")
    for path in GETS:
        answer = await bob.get(path)
        assert answer.status_code == 200
        assert "Alice only" not in answer.text
        assert call.id not in answer.text
    for word in ("answer", "hold", "resume", "end", "ignore"):
        assert (await bob.post(f"/calls/{call.id}/{word}", json={})).status_code == 404
        assert (await bob.post(f"/calls/-/{word}", json={})).status_code == 409
    assert (await bob.put("/dnd", json={"on": True})).status_code == 200
    await office.until(lambda: office.phones["bob"].dnd is True)
    assert not office.lines["alice"].dnd
    assert (await alice.get("/calls")).json()[0]["state"] == "alerting"
    assert (await alice.get("/plugins/notebook/me")).json() == {"user": "alice"}
    assert (await bob.get("/plugins/notebook/me")).json() == {"user": "bob"}


@pytest.mark.feature("DIAL-05")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "",
        "10.0.0.1:{port}",
        "127.0.0.1:{port}@evil",
        "0:{port}",
    ],
)
async def test_a_foreign_host_is_refused(alice: httpx.AsyncClient, server: ApiServer, host: str) -> None:
    port = server.url.rpartition(":")[2]
    answer = await alice.post("/calls", json={"number": "200"}, headers={"Host": host.format(port=port)})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "127.0.0.1:{port}"])
async def test_the_names_of_this_computer_are_taken(alice: httpx.AsyncClient, server: ApiServer, host: str) -> None:
    port = server.url.rpartition(":")[2]
    assert (await alice.get("/calls", headers={"Host": host.format(port=port)})).status_code == 200


def test_a_hub_on_a_network_takes_numbers_and_its_own_names() -> None:
    address = Address("0.0.0.0", 8080, frozenset({"hub.example"}))  # noqa: S104  the case in question
    assert address.url == "http://127.0.0.1:8080"
    assert address.is_called("192.0.2.7:8080")
    assert address.is_called("[2001:db8::1]:8080")
    assert address.is_called("hub.example")
    assert address.is_called("Hub.Example:443")
    assert not address.is_called("192.0.2.7:80")
    assert not address.is_called("evil.example:8080")


@pytest.mark.feature("DIAL-05")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:{port}", "file://", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_foreign_origin_is_refused(
    alice: httpx.AsyncClient, server: ApiServer, origin: str, method: str
) -> None:
    port = server.url.rpartition(":")[2]
    headers = {"Origin": origin.format(port=port), "Access-Control-Request-Method": "POST"}
    answer = await alice.request(method, "/calls", headers=headers, json={"number": "200"})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert "access-control-allow-origin" not in answer.headers


async def test_its_own_origin_is_taken(alice: httpx.AsyncClient, server: ApiServer) -> None:
    answer = await alice.post("/calls", headers={"Origin": server.url}, json={"number": "200"})
    assert answer.status_code == 202


@pytest.mark.feature("DIAL-05")
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"]
)
async def test_what_a_form_can_send_is_refused(alice: httpx.AsyncClient, kind: str) -> None:
    answer = await alice.post("/calls", content=b'{"number": "200"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


async def test_a_large_body_is_refused(alice: httpx.AsyncClient, office: Office) -> None:
    large = json.dumps({"number": "2" * 100_000}).encode()
    answer = await alice.post("/calls", content=large, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    answer = await alice.post("/calls", content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not office.lines["alice"].legs


async def test_a_plugin_takes_files_of_its_kinds_up_to_its_own_bound(alice: httpx.AsyncClient) -> None:
    async def asked(size: int, kind: str, path: str = "/plugins/notebook/files/a") -> tuple[int, Any]:
        answer = await alice.put(path, content=b"x" * size, headers={"Content-Type": kind})
        return answer.status_code, answer.json().get("code", answer.json())

    assert await asked(200_000, "text/csv; charset=utf-8") == (200, {"a": 200_000})
    assert await asked(200_001, "text/csv") == (413, "too_large")
    assert await asked(1, "text/plain") == (415, "not_json")
    assert await asked(1, "text/vcard") == (415, "not_json")
    assert await asked(70_000, "application/json") == (413, "too_large")
    assert await asked(1, "text/csv", "/plugins/notebook/me") == (415, "not_json")
    assert await asked(1, "text/csv", "/plugins/notebook/files/a/b") == (415, "not_json")
    assert await asked(1, "text/csv", "/dnd") == (415, "not_json")


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_no_plugin_takes_files_that_any_page_can_send(kind: str) -> None:
    with pytest.raises(ValueError, match=f"any web page can have a browser send {kind}"):
        upload("text/csv", kind, largest=1)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"number": "200"', b"[" * 60_000, b'{"number": "\\ud800"}', b"null", b'{"number": 1e999}'],
)
async def test_a_malformed_body_is_refused(alice: httpx.AsyncClient, office: Office, body: bytes) -> None:
    answer = await alice.post("/calls", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"]
    assert (await alice.get("/calls")).json() == []
    assert not office.lines["alice"].legs


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "since=yesterday", "since=2026-01-01T00:00:00", f"search={'x' * 201}"],
)
async def test_a_malformed_query_is_refused(alice: httpx.AsyncClient, query: str) -> None:
    answer = await alice.get(f"/history?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /api/calls HTTP/1.0\r\n\r\n",
        b"GET /api/calls HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /api/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(server: ApiServer, raw: bytes, alice: httpx.AsyncClient) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    status = await reader.readline()
    writer.close()
    assert status.split()[1] in {b"400", b"403"}
    assert (await alice.get("/calls")).status_code == 200


@pytest.mark.parametrize("path", ["/api/events", "/api/plugins/notebook/talk"])
@pytest.mark.parametrize(("host", "origin"), [("127.0.0.1", "https://evil.example"), ("evil.example", None)])
async def test_a_foreign_page_opens_no_websocket(
    server: ApiServer, token: Callable[[str], str], path: str, host: str, origin: str | None
) -> None:
    port = int(server.url.rpartition(":")[2])
    headers = {"Authorization": f"Bearer {token('alice')}"} | ({"Origin": origin} if origin else {})
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{host}:{port}{path}", additional_headers=headers, proxy=None, host="127.0.0.1", port=port)
    assert refused.value.response.status_code == 403


async def test_a_plugins_websocket_wants_a_token(server: ApiServer, token: Callable[[str], str]) -> None:
    address = f"ws{server.url.removeprefix('http')}/api/plugins/notebook/talk"
    with pytest.raises(InvalidStatus):
        await connect(address, proxy=None)
    async with connect(address, additional_headers={"Authorization": f"Bearer {token('bob')}"}, proxy=None) as socket:
        assert await socket.recv() == "bob"
