"""Calendars at servers: a subscription over HTTP, and CalDAV at a real Radicale that a second client edits."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from ics import BERLIN, calendar, event
from radicale_server import PASSWORD, Radicale, radicale_running
from test_calendar_agenda import api, soon, until_read, until_shown

from hub import Presence, SourceRefused, SourceUnreachable
from hub_calendar.sources import Span
from hub_calendar.sources.caldav import CalDav
from hub_calendar.sources.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = Span(START, START + timedelta(days=60), BERLIN)


class Published:
    """A calendar at an HTTP server, how it was asked for, and what is answered in its place."""

    def __init__(self) -> None:
        self.body = calendar(event("SUMMARY:Budget"))
        self.etag = '"1"'
        self.status = 0
        self.location = ""
        self.asked: list[tuple[str, str]] = []
        self.url = ""


@contextmanager
def published() -> Iterator[Published]:
    about = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            about.asked.append((self.headers.get("If-None-Match", ""), self.headers.get("Authorization", "")))
            if about.status:
                self.send_response(about.status)
                self.send_header("Location", about.location)
                body = b""
            elif self.headers.get("If-None-Match") == about.etag:
                self.send_response(304)
                body = b""
            else:
                self.send_response(200)
                self.send_header("ETag", about.etag)
                body = about.body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    about.url = f"http://127.0.0.1:{server.server_port}/work.ics"
    try:
        yield about
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.mark.feature("CAL-05")
async def test_a_subscription_is_fetched_again_only_if_it_changed() -> None:
    with published() as about:
        source = Subscription("calendar team", about.url, "", str)
        first = await source.appointments(SPAN)
        assert [each.title for each in first.appointments] == ["Budget"]
        assert await source.appointments(SPAN) is first
        assert about.asked == [("", ""), ('"1"', "")]
        about.body, about.etag = calendar(event("SUMMARY:Other")), '"2"'
        assert [each.title for each in (await source.appointments(SPAN)).appointments] == ["Other"]
        later = Span(START + timedelta(days=1), SPAN.stop, BERLIN)
        assert [each.title for each in (await source.appointments(later)).appointments] == ["Other"]
        await source.close()


@pytest.mark.parametrize(
    ("status", "location", "kind", "why"),
    [
        (401, "", SourceRefused, "user or password is wrong"),
        (404, "", SourceRefused, "is the address right?"),
        (503, "", SourceUnreachable, "it fails with status 503"),
        (429, "", SourceUnreachable, "it is asked too much"),
        (302, "http://elsewhere.example/", SourceRefused, "it redirects to another place, http://elsewhere.example"),
    ],
)
async def test_what_a_server_answers_instead_is_told(status: int, location: str, kind: type, why: str) -> None:
    with published() as about:
        about.status, about.location = status, location
        source = Subscription("calendar team", about.url, "ada", lambda: "s3cret-pass")
        with pytest.raises(kind) as told:
            await source.appointments(SPAN)
        await source.close()
    assert why in str(told.value)
    assert "s3cret-pass" not in str(told.value)


async def test_a_page_that_is_no_calendar_is_refused() -> None:
    with published() as about:
        about.body = b"<html>Sign in</html>"
        source = Subscription("calendar team", about.url, "", str)
        with pytest.raises(SourceRefused, match="no calendar: it begins"):
            await source.appointments(SPAN)
        await source.close()


async def test_a_server_that_is_too_slow_is_not_asked_a_second_time_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    source, answers, asked = CalDav("calendar cloud", "https://cloud.example/", "", str), threading.Event(), []

    def read() -> dict[str, bytes]:
        asked.append(threading.current_thread())
        answers.wait(10)
        return {"budget": calendar(event("SUMMARY:Budget"))}

    monkeypatch.setattr(source, "_read", read)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.appointments(SPAN), 0.02)
    answers.set()
    assert [each.title for each in (await source.appointments(SPAN)).appointments] == ["Budget"]
    assert len(asked) == 1
    await source.appointments(SPAN)
    assert len(asked) == 2
    await source.close()


@pytest.mark.feature("CAL-05")
async def test_a_subscribed_calendar_sets_the_presence(phonehub: Callable[..., Any]) -> None:
    with published() as about:
        about.body = calendar(soon(-600, 600))
        config = f'[plugins.calendar.sources.team]\nkind = "url"\nurl = "{about.url}"\ninterval = 10\n'
        async with phonehub(config=config) as desk, api(desk) as asked:
            await until_shown(desk, Presence.AT_A_MEETING)
            about.body, about.etag = calendar(), '"2"'
            (source,) = [(await asked.post("/sources/team/refresh", json={})).json()]
            assert (source["state"], source["appointments"]) == ("ready", 0)
            await until_shown(desk, Presence.IN_OFFICE)


# --- CalDAV ---


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with radicale_running(tmp_path_factory.mktemp("radicale"), "alice") as server:
        yield server


class Other:
    """A second client, which edits a calendar of its own at the server."""

    def __init__(self, server: Radicale, name: str) -> None:
        self.url = f"{server.url}/alice/{name}/"
        body = (
            '<?xml version="1.0"?><mkcalendar xmlns="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>'
            f"<D:displayname>{name}</D:displayname></D:prop></D:set></mkcalendar>"
        )
        self.request("MKCALENDAR", "", body.encode())

    def request(self, method: str, name: str, body: bytes = b"") -> None:
        answer = httpx.request(method, self.url + name, auth=("alice", PASSWORD), content=body)
        assert answer.status_code < 300, answer.text

    def put(self, name: str, text: str) -> None:
        self.request("PUT", name, calendar(text))


def caldav(url: str, *names: str, password: str = PASSWORD) -> CalDav:
    return CalDav("calendar cloud", url, "alice", lambda: password, names)


async def titles(source: CalDav) -> list[str]:
    return sorted(each.title for each in (await source.appointments(SPAN)).appointments)


@pytest.mark.feature("CAL-06")
async def test_what_a_second_client_changes_is_seen(radicale: Radicale) -> None:
    other = Other(radicale, "plans")
    source = caldav(f"{radicale.url}/", "plans")
    assert await titles(source) == []
    other.put("a.ics", event("SUMMARY:first", uid="a"))
    other.put("b.ics", event("SUMMARY:second", "RRULE:FREQ=DAILY;COUNT=2", uid="b"))
    assert await titles(source) == ["first", "second", "second"]
    before = await source.appointments(SPAN)
    assert await source.appointments(SPAN) is before
    other.put("a.ics", event("SUMMARY:moved", uid="a", start=":20260107T090000Z", end=":20260107T100000Z"))
    other.request("DELETE", "b.ics")
    assert await titles(source) == ["moved"]
    for number in range(25):
        other.put(f"n{number}.ics", event(f"SUMMARY:{number}", uid=f"n{number}"))
    assert len(await titles(source)) == 26
    await source.close()


@pytest.mark.feature("CAL-06")
async def test_the_address_of_a_calendar_itself_and_names_choose(radicale: Radicale) -> None:
    Other(radicale, "one").put("a.ics", event("SUMMARY:in one", uid="a"))
    two = Other(radicale, "two")
    two.put("b.ics", event("SUMMARY:in two", uid="b"))
    named = caldav(f"{radicale.url}/alice/", "two")
    assert await titles(named) == ["in two"]
    with pytest.raises(SourceRefused, match=r"it has no calendar of that name \(there are .*one"):
        await caldav(f"{radicale.url}/", "three").appointments(SPAN)
    await named.close()


async def test_a_wrong_password_and_no_server_are_told_apart(radicale: Radicale) -> None:
    with pytest.raises(SourceRefused, match="it refuses you"):
        await caldav(f"{radicale.url}/", password="wrong-one").appointments(SPAN)
    with pytest.raises(SourceUnreachable, match="it cannot be reached"):
        await caldav("http://127.0.0.1:9/").appointments(SPAN)
    with published() as about, pytest.raises(SourceRefused, match="does not answer as a CalDAV server does"):
        await caldav(about.url).appointments(SPAN)


@pytest.mark.feature("CAL-06", "CAL-04")
async def test_a_calendar_edited_at_the_server_changes_the_presence(
    phonehub: Callable[..., Any], radicale: Radicale, tmp_path: Path
) -> None:
    other = Other(radicale, "office")
    secret = tmp_path / "cloud.password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD, encoding="utf-8")
    config = (
        f'[plugins.calendar.sources.cloud]\nkind = "caldav"\nurl = "{radicale.url}/"\nuser = "alice"\n'
        f'password = "${{file:{secret.name}}}"\ncalendars = ["office"]\ninterval = 10\n'
    )
    async with phonehub(config=config) as desk, api(desk) as asked:
        await until_read(desk)
        await asyncio.to_thread(other.put, "now.ics", soon(-600, 600, uid="now"))
        await asked.post("/sources/cloud/refresh", json={})
        await until_shown(desk, Presence.AT_A_MEETING)
        await asyncio.to_thread(other.request, "DELETE", "now.ics")
        await asked.post("/sources/cloud/refresh", json={})
        await until_shown(desk, Presence.IN_OFFICE)
        assert PASSWORD not in str(desk.events.all)
