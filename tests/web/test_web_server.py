from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from hub.errors import UserError
from hub.web import tokens
from hub.web.lock import StateLock
from hub.web.server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from web_host import Office


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_tells_where_it_is(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    assert json.loads(file.read_text()) == {"url": server.url, "pid": os.getpid()}
    assert mode(file) == 0o600
    await server.stop()
    assert not file.exists()
    await server.stop()


async def test_signals_stay_with_the_hub(office: Office, tmp_path: Path) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    server = ApiServer(office, state=tmp_path)
    await server.start()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
    await server.stop()


async def test_two_hubs_in_one_process(office: Office, server: ApiServer, tmp_path: Path) -> None:
    other = ApiServer(office, state=tmp_path / "other")
    await other.start()
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {tokens.read(tmp_path, 'alice')}"}
        assert (await client.get(f"{server.url}/api/calls", headers=headers)).status_code == 200
        assert (await client.get(f"{other.url}/api/calls", headers=headers)).status_code == 401
    await other.stop()


async def test_a_taken_port_is_told(server: ApiServer, office: Office, tmp_path: Path) -> None:
    taken = int(server.url.rpartition(":")[2])
    second = ApiServer(office, state=tmp_path, port=taken)
    with pytest.raises(UserError, match=rf"web: cannot listen at 127.0.0.1 port {taken}: .*port = 0"):
        await second.start()
    await second.stop()


def test_tokens_are_the_owners_alone(tmp_path: Path) -> None:
    issued = tokens.issue(tmp_path / "state", ["alice", "bob"])
    folder = tmp_path / "state" / "tokens"
    assert mode(folder) == 0o700
    assert [mode(folder / user) for user in ("alice", "bob")] == [0o600, 0o600]
    token = tokens.read(tmp_path / "state", "alice")
    assert len(token) == 43
    assert issued.user(token) == "alice"
    assert issued.user(token[:-1]) is None
    assert issued.user("") is None
    assert issued.user("é") is None
    assert tokens.issue(tmp_path / "state", ["alice"]).user(token) == "alice"
    assert [path.name for path in folder.iterdir()] == ["alice"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o644),
        lambda path: path.write_text("short"),
        lambda path: path.write_bytes(b"\xff" * 43),
        lambda path: (path.rename(path.with_name("elsewhere")), path.symlink_to(path.with_name("elsewhere"))),
        lambda path: path.unlink(),
    ],
)
def test_a_token_that_cannot_be_trusted_is_replaced(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    tokens.issue(tmp_path, ["alice"])
    before = tokens.read(tmp_path, "alice")
    path = tmp_path / "tokens" / "alice"
    spoil(path)
    issued = tokens.issue(tmp_path, ["alice"])
    after = tokens.read(tmp_path, "alice")
    assert after != before
    assert issued.user(after) == "alice"
    assert issued.user(before) is None
    assert mode(path) == 0o600
    assert not path.is_symlink()


def test_a_second_hub_on_the_same_state_is_refused(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path / "s"), StateLock(tmp_path / "s")
    first.take()
    assert mode(tmp_path / "s") == 0o700
    with pytest.raises(UserError) as refused:
        second.take()
    assert str(refused.value) == (
        f"{tmp_path / 's'}: a hub already works on this state folder (process {os.getpid()}) "
        "(stop that one, or give this one a state folder of its own: [hub] state = ...)"
    )
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_killed_hub_leaves_no_lock(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from hub.web.lock import StateLock
StateLock(Path({str(tmp_path)!r})).take()
print("locked", flush=True)
import time; time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        lock = StateLock(tmp_path)
        with pytest.raises(UserError, match=f"process {process.pid}"):
            lock.take()
        process.kill()
    lock.take()
    lock.release()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match=r"the state folder cannot be used: .*\[hub\] state"):
        StateLock(tmp_path / "s").take()
    tmp_path.chmod(0o700)


def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(UserError, match=r"the state folder cannot be used: .*\[hub\] state"):
        StateLock(tmp_path / "s").take()
