from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from call_samples import over, ringing
from crm_desk import Answer, Crm, Sent

from hub import config as configuration
from hub.core.call import Contact, Party
from hub.core.numbers import Number, NumberKind
from hub.errors import UserError
from hub.events import plain
from hub.journal.journals import Journals
from hub.phone.connection import Backoff
from hub.secrets import Redactor, resolve
from hub.store.store import PostState, Store
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from hub.core.call import Call
    from hub.store.store import Post

TOKEN = "a-very-secret-token"
CRM = """
[journals.crm]
url = "{url}/calls"
headers = {{ Authorization = "Bearer ${{file:token}}" }}
"""
QUICK = Backoff(first=10.0, most=1000.0)
"""On a clock that the test turns."""


@dataclass
class Desk:
    store: Store
    journals: Journals
    clock: VirtualClock

    def end(self, call: Call) -> None:
        self.store.record_call(call)
        self.journals.wake(call.user)

    async def until(self, state: PostState, times: int = 1, user: str = "alice") -> list[Post]:
        """Wait until so many posts stand so."""
        while len(posts := await self.store.posts(user, state=state)) < times:  # noqa: ASYNC110  nor does a store
            await asyncio.sleep(0.005)
        return posts

    async def until_tried(self, times: int, user: str = "alice") -> Post:
        """Wait until the oldest post was tried so often, which is known."""
        while not (posts := await self.store.posts(user)) or posts[-1].attempts < times:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await self.asleep()
        return posts[-1]

    async def asleep(self) -> None:
        """Wait until a poster sleeps on the clock."""
        while not self.clock.sleepers:  # noqa: ASYNC110  a clock tells nobody
            await asyncio.sleep(0.005)


@asynccontextmanager
async def desk(
    folder: Path,
    text: str,
    *,
    clock: VirtualClock | None = None,
    users: tuple[str, ...] = ("alice",),
    before: Callable[[], object] = lambda: None,
) -> AsyncIterator[Desk]:
    """A store and the journals of a configuration, as in a hub; `before` is called before a secret is looked up."""
    token = folder / "token"
    if not token.exists():
        token.touch(mode=0o600)
        token.write_text(TOKEN, encoding="utf-8")
    path = folder / "phonehub.toml"
    path.write_text(text + "".join(f"\n[users.{user}]\n" for user in users), encoding="utf-8")
    config = configuration.load(path)
    clock = clock or VirtualClock()
    journals, redactor = Journals(QUICK), Redactor()
    store = Store(f"sqlite:///{folder / 'hub.db'}", clock=clock, journals=journals.of)
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        journals.configure(config, UTC, config.dial_plan)

        def secret(text: str) -> str:
            before()
            return resolve(text, redactor=redactor, folder=folder)

        journals.start(store, clock=clock, secret=secret, redact=redactor)
        stack.push_async_callback(journals.stop)
        yield Desk(store, journals, clock)


async def sent(crm: Crm) -> Sent:
    """Wait for the next request."""
    return await asyncio.to_thread(crm.sent.get, timeout=20)


@pytest.mark.feature("HIST-04")
async def test_a_call_is_posted_when_it_is_over_and_only_then(tmp_path: Path) -> None:
    with Crm() as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            call = ringing()
            at.end(call)
            await at.store.flush()
            assert await at.store.posts("alice") == []
            at.end(over(call, talked=65))
            request = await sent(crm)
            (post,) = await at.until(PostState.POSTED)
            (entry,) = await at.store.calls("alice")
            assert (request.method, request.path) == ("POST", "/calls")
            assert request.headers["authorization"] == f"Bearer {TOKEN}"
            assert request.headers["content-type"] == "application/json"
            assert request.headers["idempotency-key"] == post.key
            assert request.body == {"key": post.key, **plain(entry)}
            assert (post.attempts, post.reason) == (1, "")

            at.end(replace(over(call, talked=65), counts=(("recording", 1),)))  # what is told of it later
            at.end(over(ringing("2")))
            assert (await sent(crm)).body["id"] == "2.alice"
            await at.until(PostState.POSTED, 2)
            assert crm.sent.empty()
            assert plain(await at.store.journal("alice", "crm")) == {
                "waiting": 0, "posted": 2, "set_aside": 0, "due": None,
            }  # fmt: skip


@pytest.mark.feature("HIST-04")
async def test_templates_say_what_is_sent_and_callers_cannot_break_out_of_them(tmp_path: Path) -> None:
    text = """
[hub.vars]
crm = "%URL%/v1"

[journals.crm]
url = "${crm}/people/%CALLNUM%/calls?who=%CALLNAME%"
method = "PUT"
headers = { X-Caller = "%CALLNAME%", X-Api-Key = "${file:token}" }
key_header = "X-Request-Id"
internal = true

[journals.crm.body]
kind = 5
done = true
name = "%CALLNAME% of {{ contact.company }}"
seconds = "%SECONDS%"
said = "%SECONDS% s, %OUTCOME%"
list = ["%KEY%", { deep = "%NOTES%|%RECORDINGS%" }]
"""
    evil = '"},\r\nX-Evil: 1\u202e\0é'
    with Crm() as crm:
        async with desk(tmp_path, text.replace("%URL%", crm.url)) as at:
            party = Party(Number("+49 30/1", NumberKind.EXTERNAL, "+49301"), evil)
            call = ringing(party=party, internal=True, contacts=(Contact(id="1", name=evil, company="Acme"),))
            at.end(over(call, talked=65))
            request = await sent(crm)
            (post,) = await at.until(PostState.POSTED)
    assert request.method == "PUT"
    assert request.path.startswith("/v1/people/%2B49301/calls?who=%22%7D%2C%0D%0AX-Evil%3A%201%E2%80%AE%00%C3%A9")
    assert "x-evil" not in request.headers
    assert request.headers["x-caller"].encode("latin-1").decode() == '"},\\r\\nX-Evil: 1\\u202e\\x00é'
    assert request.headers["x-api-key"] == TOKEN
    assert request.headers["x-request-id"] == post.key
    assert request.body == {
        "kind": 5, "done": True, "name": f"{evil} of Acme", "seconds": 65, "said": "65 s, ended",
        "list": [post.key, {"deep": "|"}],
    }  # fmt: skip


@pytest.mark.feature("HIST-04")
async def test_calls_between_colleagues_are_not_posted_unless_wanted(tmp_path: Path) -> None:
    with Crm() as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing("1", internal=True)))
            at.end(over(ringing("2")))
            assert (await sent(crm)).body["id"] == "2.alice"
            await at.until(PostState.POSTED)
            assert len(await at.store.posts("alice")) == 1


@pytest.mark.feature("HIST-04")
async def test_what_fails_is_sent_again_the_same_until_it_is_accepted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Crm(Answer(500, body=f"no:\n {TOKEN}".encode()), Answer(500), Answer(408)) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing()))
            first = await sent(crm)
            post = await at.until_tried(1)
            assert post.state is PostState.WAITING
            assert post.reason == "HTTP 500 Internal Server Error: no: •••"
            waits = []
            for attempt in (2, 3):
                waits.append((post.due - at.clock.now()).total_seconds())
                await at.store.add_note("alice", "1.alice", "what is noted meanwhile changes nothing")
                await at.clock.advance(15 * (attempt - 1))
                assert await sent(crm) == first
                post = await at.until_tried(attempt)
            assert 5 <= waits[0] <= 15
            assert 10 <= waits[1] <= 30
            await at.clock.advance(60)
            assert await sent(crm) == first
            await at.until(PostState.POSTED)
    assert TOKEN not in caplog.text
    assert caplog.text.count("it is tried again") == 3
    assert "journal crm of alice works again" in caplog.text


@pytest.mark.feature("HIST-04")
async def test_a_server_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    with Crm() as gone:
        url = gone.url
    async with desk(tmp_path, CRM.format(url=url)) as at:
        at.end(over(ringing()))
        post = await at.until_tried(1)
        assert post.state is PostState.WAITING
        assert "onnect" in post.reason


@pytest.mark.feature("HIST-04")
async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with Crm(Answer(hold=True)) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url) + "timeout = 0.1\n") as at:
            at.end(over(ringing()))
            post = await at.until_tried(1)
            assert post.reason == "no answer within 0.1 s"
            first = await sent(crm)
            crm.let_go()
            await at.clock.advance(100)
            assert await sent(crm) == first


@pytest.mark.feature("HIST-04")
async def test_the_status_decides_also_where_the_answer_breaks_off(tmp_path: Path) -> None:
    with Crm(Answer(201, body=b"{", missing=9), Answer(422, body=b"no", missing=9)) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing("1")))
            await at.until(PostState.POSTED)
            at.end(over(ringing("2")))
            (post,) = await at.until(PostState.SET_ASIDE)
            assert (post.call, post.attempts) == ("2.alice", 1)
            assert crm.sent.qsize() == 2


@pytest.mark.feature("HIST-04")
@pytest.mark.parametrize("status", [400, 302, 409])
async def test_what_is_refused_is_set_aside_and_posted_again_on_demand(
    tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    moved = {"Location": "http://127.0.0.1:1/", "Set-Cookie": "who=alice"}
    with Crm(Answer(status, moved, b"<b>no such\x1b[31m field</b>")) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing()))
            at.end(over(ringing("2", started=ringing().started + timedelta(hours=1))))
            first = await sent(crm)
            assert (await sent(crm)).body["id"] == "2.alice"
            (post,) = await at.until(PostState.SET_ASIDE)
            assert post.call == "1.alice"
            assert post.reason.endswith(r"<b>no such\x1b[31m field</b>")
            assert str(status) in post.reason
            assert "set aside" in caplog.text
            await at.until(PostState.POSTED)

            await at.store.add_note("alice", "1.alice", "it is made anew")
            assert await at.store.post_again("bob", call="1.alice") == 0
            assert await at.store.post_again("alice", "another") == 0
            assert await at.store.post_again("alice", "crm", "1.alice") == 1
            at.journals.wake("alice")
            second = await sent(crm)
            assert second.headers["idempotency-key"] == first.headers["idempotency-key"] == post.key
            assert second.body["notes"][0]["text"] == "it is made anew"
            assert "cookie" not in second.headers
            await at.until(PostState.POSTED, 2)
            assert await at.store.post_again("alice") == 0


@pytest.mark.feature("HIST-04")
async def test_a_call_that_fails_alone_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with Crm(Answer(500)) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing()))
            await at.until_tried(1)
            for number in range(2, 5):
                at.end(over(ringing(str(number), started=ringing().started + timedelta(minutes=number))))
            await at.store.flush()
            await at.clock.advance(30)
            await at.until(PostState.POSTED, 4)
        assert [(await sent(crm)).body["conversation"] for _ in range(5)] == ["1", "2", "3", "4", "1"]


@pytest.mark.feature("HIST-04")
async def test_a_server_that_asks_for_time_gets_it_also_after_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    with Crm(Answer(429, {"Retry-After": "300"})) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url), clock=clock) as at:
            at.end(over(ringing()))
            first = await sent(crm)
            await at.until_tried(1)
            at.end(over(ringing("2")))
            await at.store.flush()
            await at.clock.advance(250)
        assert crm.sent.empty()
        async with desk(tmp_path, CRM.format(url=crm.url), clock=clock) as at:
            assert await sent(crm) != first, "what came while it was waited has no time yet"
            await at.clock.advance(40)
            await at.until(PostState.POSTED)
            assert crm.sent.empty()
            await at.asleep()
            await at.clock.advance(11)
            assert await sent(crm) == first
            await at.until(PostState.POSTED, 2)


@pytest.mark.feature("HIST-04")
async def test_a_user_whose_server_hangs_holds_up_nobody(tmp_path: Path) -> None:
    with Crm(last=Answer(hold=True)) as hung, Crm() as crm:
        text = CRM.format(url=crm.url) + f'[users.bob.journals.crm]\nurl = "{hung.url}/bob"\n'
        text += "[users.carol.journals.crm]\nenabled = false\n"
        async with desk(tmp_path, text, users=("alice",)) as at:
            at.end(over(ringing("1", "bob")))
            request = await sent(hung)
            assert request.path == "/bob"
            at.end(over(ringing("1", "carol")))
            at.end(over(ringing("1", "alice")))
            assert (await sent(crm)).body["user"] == "alice"
            await at.until(PostState.POSTED)
            assert [post.state for post in await at.store.posts("bob")] == [PostState.WAITING]
            assert await at.store.posts("carol") == []
            hung.let_go()
            await at.until(PostState.POSTED, user="bob")


@pytest.mark.feature("HIST-04")
@pytest.mark.parametrize("in_time", [True, False])
async def test_a_deleted_call_is_not_posted(tmp_path: Path, in_time: bool) -> None:  # noqa: FBT001  a case
    with Crm(Answer(500)) as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            at.end(over(ringing()))
            await sent(crm)
            await at.until_tried(1)
            assert await at.store.delete_call("alice", "1.alice")
            assert await at.store.posts("alice") == []
            if not in_time:
                at.end(over(ringing()))  # the phone system tells it once more
            await at.clock.advance(100)
            at.end(over(ringing("2")))
            assert (await sent(crm)).body["id"] == "2.alice"
            await at.until(PostState.POSTED)
            assert [post.call for post in await at.store.posts("alice")] == ["2.alice"]
    with closing(sqlite3.connect(tmp_path / "hub.db")) as database:
        assert "1.alice" not in "\n".join(line for line in database.iterdump() if "posts" in line)


@pytest.mark.feature("HIST-04")
async def test_a_template_that_fails_for_a_call_sets_it_aside(tmp_path: Path) -> None:
    text = '[journals.crm]\nurl = "%URL%/of/%CALLNAME%"\nbody = { a = "{{ 60 // contact.name|length }}" }\n'
    with Crm() as crm:
        async with desk(tmp_path, text.replace("%URL%", crm.url)) as at:
            at.end(over(ringing("1")))
            at.end(over(ringing("2", party=Party(name=".."))))
            reasons = {post.call: post.reason for post in await at.until(PostState.SET_ASIDE, 2)}
            assert "the template fails: integer division" in reasons["1.alice"]
            assert "would have a segment" in reasons["2.alice"]
            assert crm.sent.empty()


@pytest.mark.feature("HIST-04")
async def test_a_header_that_fails_for_a_call_sets_it_aside_and_others_go_on(tmp_path: Path) -> None:
    text = '[journals.crm]\nurl = "%URL%"\nheaders = { X = "{{ 60 // call.name|length }}" }\n'
    with Crm() as crm:
        async with desk(tmp_path, text.replace("%URL%", crm.url)) as at:
            at.end(over(ringing("1", party=Party())))
            at.end(over(ringing("2")))
            assert (await sent(crm)).body["id"] == "2.alice"
            (post,) = await at.until(PostState.SET_ASIDE)
            assert "the template fails: integer division" in post.reason


@pytest.mark.feature("HIST-04")
async def test_an_answer_may_take_as_long_as_the_journal_says(tmp_path: Path) -> None:
    with Crm(Answer(hold=True)) as crm:
        threading.Timer(6.0, crm.let_go).start()  # longer than the HTTP client waits by itself
        async with desk(tmp_path, CRM.format(url=crm.url) + "timeout = 60\n") as at:
            at.end(over(ringing()))
            (post,) = await at.until(PostState.POSTED)
            assert post.attempts == 1


@pytest.mark.feature("HIST-04")
async def test_a_secret_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    with Crm() as crm:
        async with desk(tmp_path, CRM.format(url=crm.url)) as at:
            (tmp_path / "token").rename(tmp_path / "elsewhere")
            at.end(over(ringing()))
            post = await at.until_tried(1)
            assert "${file:token}" in post.reason
            (tmp_path / "elsewhere").rename(tmp_path / "token")
            await at.clock.advance(60)
            await sent(crm)
            await at.until(PostState.POSTED)


@pytest.mark.feature("HIST-04")
async def test_a_keyring_that_waits_for_its_owner_holds_up_nothing_else(tmp_path: Path) -> None:
    unlocked = threading.Event()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    with Crm() as crm:
        text = CRM.format(url=crm.url) + "timeout = 0.1\n"
        async with desk(tmp_path, text, before=lambda: unlocked.wait(30)) as at:
            at.end(over(ringing()))
            post = await at.until_tried(1)
            assert post.state is PostState.WAITING
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 10) == "done"
            unlocked.set()
            await at.clock.advance(100)
            await at.until(PostState.POSTED)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[journals.crm]\n", '"url" is missing'),
        ('[journals.crm]\nurl = "crm.example"\n', "a URL begins with its scheme"),
        ('[journals.crm]\nurl = "https://%CALLNUM%.example/"\n', "must not be part of the host"),
        ('[journals.crm]\nurl = "https://crm.example/?token=${env:X}"\n', "a secret must not stand here"),
        ('[journals.crm]\nurl = "https://x.example"\nheaders = { Authorization = "Bearer x" }\n', "in clear"),
        ('[journals.crm]\nurl = "https://x.example"\nheaders = { "X-Api-Key" = "x" }\n', "in clear"),
        ('[journals.crm]\nurl = "https://x.example"\nheaders = { "X Y" = "x" }\n', "no name of a header"),
        ('[journals.crm]\nurl = "https://x.example"\nheaders = { X = "{{ nothing }}" }\n', 'there is no "nothing"'),
        ('[journals.crm]\nurl = "https://x.example"\nkey_header = "a:b"\n', "no name of a header"),
        ('[journals.crm]\nurl = "https://x.example"\nbody = { a = ["{{ call.nubmer }}"] }\n', 'no "nubmer"'),
        ('[journals.crm]\nurl = "https://x.example"\nbody = { a = "${env:X}" }\n', "it is kept with the call"),
        ('[journals.crm]\nurl = "https://x.example"\nbody = { a = 2026-01-01 }\n', "JSON has no times"),
        ('[journals.crm]\nurl = "https://x.example"\nbody = { a = [nan] }\n', "JSON has no nan"),
        ('[journals.crm]\nurl = "https://x.example"\nbody = { a = -inf }\n', "JSON has no -inf"),
        ('[journals.crm]\nurl = "https://x.example"\nmethod = "GET"\n', "expected one of POST, PUT, PATCH"),
        ('[users.alice.journals.own]\nurl = ""\n', "users.alice.journals.own"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "phonehub.toml"
    path.write_text("[users.alice]\n" + text, encoding="utf-8")

    def load() -> None:
        config = configuration.load(path)
        Journals().configure(config, UTC, config.dial_plan)

    with pytest.raises(UserError) as error:
        load()
    (problem,) = error.value.problems
    assert told in str(problem)
    assert problem.place.startswith("phonehub.toml:")
