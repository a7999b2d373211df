"""A whole life of an account by the command line alone, and a look everywhere for the secrets that it takes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONEHUB = Path(sys.executable).parent / "phonehub"
OLD, NEW, NEWER = "winter-forest-1", "summer-meadow-2", "autumn-river-3"
PIN, NEW_PIN = "83620519", "70491826"
TOO_SHORT = "shrt-pw-4"
KEY = "a-key-that-nobody-may-see-5"
SECRETS = [secret.encode() for secret in (OLD, NEW, NEWER, PIN, NEW_PIN, TOO_SHORT, KEY)]
OFFICE = f"""\
office: {{name: Test office, passwords: {{shortest: 12}}}}
users:
  alice:
    name: Alice Agent
    extension: 101
    password: {OLD}
    pin: {PIN}
    handsets: {{alice-desk: {{name: Desk}}, alice-cordless: {{name: Cordless}}}}
  bob:
    name: Bob Builder
    extension: 102
    password: not-used-here-6
    handsets: {{bob-desk: {{name: Desk}}}}
"""
CONFIG = """\
[hub]
state = "state"
rules = "rules"
[users.alice.phone]
adapter = "sim"
server = "{server}"
user = "alice"
password = "${{keyring:phonehub/alice}}"
"""


class Looking(threading.Thread):
    """Reads command lines of all processes, and environments of those that the hub starts, while it lives."""

    def __init__(self, hub: int) -> None:
        super().__init__(daemon=True)
        self.hub = hub
        self.found: set[str] = set()
        self.children = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self._look(process)

    def _look(self, process: Path) -> None:
        seen = (process / "cmdline").read_bytes()
        parent = re.search(r"^PPid:\t(\d+)$", (process / "status").read_text(), re.MULTILINE)
        if parent and int(parent[1]) == self.hub:
            self.children += 1
            seen += (process / "environ").read_bytes()
        self.found |= {secret.decode() for secret in SECRETS if secret in seen}


class Life:
    """The processes, and everything that they and the commands say."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.environment = environment
        self.said: list[str] = []

    def run(self, *arguments: str, typed: str = "", code: int = 0) -> str:
        ran = subprocess.run(
            [PHONEHUB, *arguments], input=typed, capture_output=True, text=True, timeout=40, check=False,
            cwd=self.home, env=self.environment,
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        self.said += [ran.stdout, ran.stderr]
        return ran.stderr if code else ran.stdout

    def until(self, state: str) -> None:
        deadline = time.monotonic() + 30
        while json.loads(self.run("account", "show", "--json"))["state"] != state:
            assert time.monotonic() < deadline, state


@contextlib.contextmanager
def started(life: Life, name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with (life.home.parent / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [PHONEHUB, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            cwd=life.home, env=life.environment,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        life.said += [out, (life.home.parent / f"{name}.log").read_text()]


def line(of: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert of.stdout
    for text in of.stdout:
        if found := re.search(pattern, text):
            return found
    raise AssertionError(pattern)


@pytest.mark.timeout(180)
@pytest.mark.feature("ACC-01", "ACC-03", "ACC-04", "ACC-05")
def test_the_life_of_an_account_leaves_no_secret_anywhere(tmp_path: Path) -> None:  # noqa: PLR0915  one life
    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "child.yaml").write_text('on: dial\ndo:\n  - run: ["/bin/sleep", "2"]\n')
    (tmp_path / "office.yaml").write_text(OFFICE)
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_text(KEY)
    Image.new("RGB", (300, 300), "navy").save(home / "me.png")
    kept = {
        "HOME": str(home),
        "PHONEHUB_SECRETS_KEY_FILE": str(tmp_path / "key"),
        "PHONEHUB_SECRETS_FILE": str(home / "secrets.json"),
        "PYTHONWARNINGS": "ignore",
    }
    life = Life(home, {**os.environ, **kept})
    simulation = ("sim", "--scenario", str(tmp_path / "office.yaml"), "--port", "0", "--admin")
    with started(life, "sim", *simulation) as sim:
        server = line(sim, r"ws://127\.0\.0\.1:\d+")[0]
        (home / "phonehub.toml").write_text(CONFIG.format(server=server))
        assert "kept in the encrypted file" in life.run("config", "secret", "phonehub/alice", typed=f"{OLD}\n{OLD}\n")
        with started(life, "hub", "run", "--log-level", "debug") as hub:
            line(hub, "phonehub is up for alice")
            looking = Looking(hub.pid)
            looking.start()
            life.until("connected")

            told = life.run("account", "password", typed=f"{OLD}\n{TOO_SHORT}\n{TOO_SHORT}\n", code=1)
            assert "it needs 12 characters at least" in told
            told = life.run("account", "password", typed=f"{NEW}\n{NEWER}\n{NEWER}\n", code=1)
            assert "the old password is not that of 'alice'" in told
            assert "the password is changed" in life.run("account", "password", typed=f"{OLD}\n{NEW}\n{NEW}\n")
            assert "the PIN is changed" in life.run("account", "pin", typed=f"{PIN}\n{NEW_PIN}\n{NEW_PIN}\n")

            life.run("dial", "102")
            deadline = time.monotonic() + 20
            while not looking.children:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            life.run("end")

            assert "signed out" in life.run("sign-out")
            life.until("signed_out")
            assert "signed in as Alice Agent, at alice-desk, alice-cordless" in life.run("sign-in")
            told = life.run("sign-in", "--handset", "alice-toaster", code=1)
            assert "they are: alice-desk, alice-cordless" in told
            assert "at alice-desk\n" in life.run("sign-in", "--handset", "alice-desk")
            assert "alice-cordless" in life.run("account", "show")

            assert "image/png, 256 x 256 pixels" in life.run("account", "image", "me.png")
            life.run("account", "image", "--save", "she.png", "--of", "101")
            with Image.open(home / "she.png") as she:
                assert she.size == (256, 256)
            assert "no picture" in life.run("account", "image", "--clear")
            assert "alice has no image" in life.run("account", "image", "--save", "none.png", code=1)
            assert "this is no PNG" in life.run("account", "image", "phonehub.toml", code=1)

            assert sim.stdin
            sim.stdin.write(f"wipe alice alice-desk {NEWER}\nwipe alice toaster x\nwhat?\n")
            sim.stdin.flush()
            life.until("signed_out")
            assert "has wiped alice-desk" in life.run("account", "show")
            assert "has no alice for phonehub" in life.run("sign-in", code=1)
            assert "wrong password" in life.run("sign-in", "--password", typed=f"{OLD}\n", code=1)
            assert "at alice-desk\n" in life.run("sign-in", "--password", typed=f"{NEWER}\n")

            for command in (["history"], ["calls"], ["account", "show"], ["plugins", "list"], ["doctor"]):
                life.run(*command, "--json")
            looking.over.set()
            looking.join()
    said = "".join(life.said)
    assert "wiped alice-desk; the password of alice is the one you gave" in said
    assert "refused: alice has no handset 'toaster'" in said
    assert "say one of: wipe USER HANDSET [PASSWORD]" in said
    assert "DEBUG" in said
    assert looking.found == set()
    assert looking.children
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"hub.db", "secrets.json", "alice.json"} <= {path.name for path in files}
    contents = {path.name: path.read_bytes() for path in files} | {"what was said": said.encode()}
    found = {(name, secret.decode()) for name, content in contents.items() for secret in SECRETS if secret in content}
    assert found == set()
