from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import click
import pytest
from conftest import PHONEHUB

from hub.cli.times import Since, lasted
from hub.core.call import Call, CallState, Direction, Outcome, Party
from hub.core.dial_plan import DialPlan
from hub.store.store import Store
from hub.web.server import ApiServer

if TYPE_CHECKING:
    from pathlib import Path

Phonehub = Callable[..., subprocess.CompletedProcess[str]]

NOW = datetime.now(UTC).replace(microsecond=0)
HOSTILE = "Eve\x1b[31m\u202e\x07\n"


def past(name: str, number: str, hours_ago: float, outcome: Outcome, user: str = "alice", talked: float = 0) -> Call:
    started = NOW - timedelta(hours=hours_ago)
    return Call(
        id=f"{name}.{user}",
        conversation=name,
        user=user,
        direction=Direction.INBOUND,
        state=CallState.NULL,
        party=Party(DialPlan().number(number), name),
        started=started,
        answered=started if talked else None,
        ended=started + timedelta(seconds=talked),
        outcome=outcome,
        device="desk",
        queue="support",
    )


@pytest.fixture
def state(home: Path) -> Path:
    state = home / "state of the hub"
    (home / "phonehub.toml").write_text(
        f'[hub]\nstate = "{state}"\n[users.alice.phone]\nadapter = "sim"\n[users.bob.phone]\nadapter = "sim"\n'
    )
    return state


@pytest.fixture
async def store(state: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{state / 'hub.db'}")
    await store.open()
    store.record_call(past("Ann", "+15855551234", 1, Outcome.ENDED, talked=185))
    store.record_call(past("Bert", "anonymous", 30, Outcome.MISSED))
    store.record_call(past(HOSTILE, "+493012345678", 200, Outcome.MISSED))
    store.record_call(past("Zoe", "200", 1, Outcome.ENDED, "bob"))
    store.record_call(replace(past("Now", "201", 0, Outcome.ENDED), ended=None, outcome=None))
    await store.add_note("alice", "Ann.alice", "wants an offer")
    yield store
    await store.close()


def names(said: subprocess.CompletedProcess[str]) -> list[str]:
    assert (said.returncode, said.stderr) == (0, "")
    return [call["name"] for call in json.loads(said.stdout)]


@pytest.mark.feature("HIST-01", "CLI-01")
@pytest.mark.parametrize("running", [False, True])
async def test_past_calls_are_shown_whether_a_hub_runs_or_not(
    phonehub: Phonehub,
    store: Store,
    state: Path,
    running: bool,  # noqa: FBT001  a case
) -> None:
    host = SimpleNamespace(
        phones={"alice": object(), "bob": object()}, store=store, plugins=(), routers=lambda: (), rules=lambda _: None,
        subscribe=lambda _: lambda: None,
    )  # fmt: skip
    server = ApiServer(host, state=state)
    if running:
        await server.start()
    else:
        await store.close()
    try:
        await asyncio.to_thread(_look, phonehub)
    finally:
        await server.stop()


def _look(phonehub: Phonehub) -> None:
    alice = ("--user", "alice", "history")
    assert names(phonehub(*alice, "--json")) == ["Now", "Ann", "Bert", HOSTILE]
    assert names(phonehub(*alice, "--json", "--limit", "2")) == ["Now", "Ann"]
    assert names(phonehub(*alice, "--json", "--missed")) == ["Bert", HOSTILE]
    assert names(phonehub(*alice, "--json", "--since", "7d", "--missed")) == ["Bert"]
    assert names(phonehub(*alice, "--json", "--search", "585 555")) == ["Ann"]
    assert names(phonehub(*alice, "--json", "--search", "offer")) == ["Ann"]
    assert names(phonehub("history", "--json", PHONEHUB_USER="bob")) == ["Zoe"]

    (ann,) = json.loads(phonehub(*alice, "--json", "--search", "ann").stdout)
    assert (ann["outcome"], ann["duration"], ann["e164"]) == ("ended", 185.0, "+15855551234")
    assert ann["started"] == (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert [note["text"] for note in ann["notes"]] == ["wants an offer"]

    table = phonehub(*alice).stdout
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "Eve\\x1b[31m\\u202e\\x07\\n (+49 30 12345678)" in table
    ann_row = next(line for line in table.splitlines() if "Ann" in line)
    assert ann_row.split()[:1] + ann_row.split()[3:] == [
        "Ann.alice", "inbound", "Ann", "((585)", "555-1234)", "ended", "3:05", "support", "desk",
        "wants", "an", "offer",
    ]  # fmt: skip
    assert "(goes on)" in table
    assert phonehub(*alice, "--search", "nobody").stdout == "no calls\n"

    assert names(phonehub(*alice, "--json", "--sort", "name")) == ["Ann", "Bert", HOSTILE, "Now"]
    assert names(phonehub(*alice, "--json", "--sort", "name", "--reverse")) == ["Now", HOSTILE, "Bert", "Ann"]
    assert names(phonehub(*alice, "--json", "--until", "2h")) == ["Bert", HOSTILE]


@pytest.mark.feature("HIST-02", "CLI-01")
@pytest.mark.parametrize("columns", ["200", "40"])
async def test_missed_calls_are_red_on_a_terminal(home: Path, store: Store, columns: str) -> None:
    await store.close()
    said = await asyncio.to_thread(on_terminal, home, columns, "--user", "alice", "history")
    red = [line for line in said.splitlines() if "\x1b[31m" in line]
    assert len(red) >= 2
    assert any("Bert" in line for line in red)
    assert all("Ann" not in line for line in red)


def on_terminal(home: Path, columns: str, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"COLUMNS": columns, "TERM": "xterm"}
    subprocess.run([PHONEHUB, *arguments], stdout=theirs, env=environment, cwd=home, timeout=30, check=True)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # that is how the end of a terminal looks
        while more := os.read(ours, 65536):
            said += more
    os.close(ours)
    return said.decode()


@pytest.fixture
async def running(store: Store, state: Path) -> AsyncIterator[Store]:
    """The same store, behind a hub's API."""
    host = SimpleNamespace(
        phones={"alice": object(), "bob": object()}, store=store, plugins=(), routers=lambda: (), rules=lambda _: None,
        subscribe=lambda _: lambda: None,
    )  # fmt: skip
    server = ApiServer(host, state=state)
    await server.start()
    yield store
    await server.stop()


@pytest.mark.feature("HIST-02", "CLI-01")
@pytest.mark.usefixtures("running")
async def test_past_calls_are_noted_and_deleted(phonehub: Phonehub) -> None:
    await asyncio.to_thread(_delete, phonehub)


def _delete(phonehub: Phonehub) -> None:
    alice = ("--user", "alice", "history")
    assert phonehub(*alice, "note", "Bert.alice", "call", "back").stdout == "noted\n"
    assert names(phonehub(*alice, "--json", "--search", "call back")) == ["Bert"]
    assert phonehub(*alice, "delete", "Bert.alice", said="n\n").returncode == 1
    assert phonehub(*alice, "delete", "Zoe.bob", "--yes").stderr.startswith("there is no call Zoe.bob in the history")
    assert phonehub(*alice, "delete", "Bert.alice", said="y\n").stdout.endswith("deleted\n")
    assert names(phonehub(*alice, "--json")) == ["Now", "Ann", HOSTILE]
    assert "goes on" in phonehub(*alice, "delete", "last", "--yes").stderr
    assert phonehub(*alice, "delete").returncode == 2
    assert phonehub(*alice, "delete", "", "--yes").returncode == 2
    assert phonehub(*alice, "delete", "Ann.alice", "--before", "2d").returncode == 2
    assert phonehub(*alice, "delete", "--all", "--before", "2d", "--yes").stdout == "deleted 1 calls\n"
    assert names(phonehub(*alice, "--json")) == ["Now", "Ann"]
    assert phonehub(*alice, "delete", "--all", said="y\nn\n").stdout.endswith("deleted 1 calls\n")
    assert names(phonehub(*alice, "--json")) == ["Now"]
    assert names(phonehub("--user", "bob", "history", "--json")) == ["Zoe"]


@pytest.mark.feature("HIST-01")
def test_without_a_history_the_remedy_is_told(phonehub: Phonehub, state: Path) -> None:
    said = phonehub("--user", "alice", "history")
    assert said.returncode == 1
    assert said.stderr == f'{state / "hub.db"}: there is no history yet (the hub writes it: "phonehub run")\n'


@pytest.mark.usefixtures("state")
def test_whose_history_must_be_clear(phonehub: Phonehub) -> None:
    assert "several users: alice, bob" in phonehub("history").stderr
    assert 'no user "alicia"' in phonehub("--user", "alicia", "history").stderr


@pytest.mark.parametrize(
    ("text", "ago"),
    [("90s", 90), ("90m", 5400), ("12H", 43_200), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_since_takes_how_long_ago(text: str, ago: float) -> None:
    since = Since().convert(text, None, None)
    assert abs((datetime.now(UTC) - since).total_seconds() - ago) < 10


def test_since_takes_a_date_here() -> None:
    assert Since().convert("2026-03-31", None, None) == datetime(2026, 3, 31).astimezone()
    assert Since().convert("2026-03-31T12:00+02:00", None, None) == datetime(2026, 3, 31, 10, tzinfo=UTC)
    assert Since().convert(NOW, None, None) is NOW


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "2026-13-01", "999999w", "0001-01-01T00:00+14:00"])
def test_since_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match="how long ago"):
        Since().convert(text, None, None)


def test_durations_read_as_on_a_telephone() -> None:
    assert [lasted(seconds) for seconds in (0.4, 65, 3600, -1)] == ["0:00", "1:05", "1:00:00", "0:00"]
