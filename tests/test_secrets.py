from __future__ import annotations

import io
import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked, PasswordDeleteError

from hub.errors import UserError
from hub.private_file import LARGEST
from hub.secret_store import keep
from hub.secrets import (
    HIDDEN,
    RedactingFilter,
    Redactor,
    Reference,
    is_reference,
    references,
    resolve,
    resolve_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class FileKeyring(KeyringBackend):
    """A keyring of the `keyring` package that needs no desktop: a JSON file."""

    priority = 1

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def _all(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return kept

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}\n{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.path.write_text(json.dumps(self._all() | {f"{service}\n{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._all()
        if kept.pop(f"{service}\n{username}", None) is None:
            raise PasswordDeleteError("not found")
        self.path.write_text(json.dumps(kept))


class LockedKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"collection of {service}\nis locked for {username}")


@pytest.fixture
def use_keyring() -> Iterator[Callable[[KeyringBackend], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def _file(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_references_are_found_in_text() -> None:
    text = "postgresql://me:${env:PW}@db/${keyring:crm}?a=${file:~/x y}${nope:z}${env:}"
    assert references(text) == (Reference("env", "PW"), Reference("keyring", "crm"), Reference("file", "~/x y"))
    assert is_reference("${env:PW}")
    assert not is_reference("x${env:PW}")
    assert not is_reference("${env:A}${env:B}")
    assert str(Reference("keyring", "a/b")) == "${keyring:a/b}"


@pytest.mark.feature("ACC-01")
def test_each_kind_of_reference_is_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_keyring: Callable[[KeyringBackend], None]
) -> None:
    use_keyring(FileKeyring(tmp_path / "keyring.json"))
    keep("phonehub/alice", "swordfish")
    keep("crm", "xyzzy")
    monkeypatch.setenv("PW", "plugh")
    _file(tmp_path / "pin", b"\xef\xbb\xbf12345\r\n")
    assert resolve("${keyring:phonehub/alice} ${keyring:crm} ${keyring:phonehub/crm}") == "swordfish xyzzy xyzzy"
    assert resolve("a${env:PW}b") == "aplughb"
    assert resolve("${file:pin}", folder=tmp_path) == "12345"
    assert resolve(f"${{file:{tmp_path / 'pin'}}}") == "12345"
    assert resolve("no reference, ${HOME}") == "no reference, ${HOME}"


def test_everything_missing_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(UserError) as refusal:
        resolve("${env:NOT_THERE} ${env:EMPTY} ${file:gone}", folder=tmp_path, place="phonehub.toml:3: users.a.phone")
    told = [str(problem) for problem in refusal.value.problems]
    assert len(told) == 3
    assert "phonehub.toml:3: users.a.phone: ${env:NOT_THERE}: the environment variable NOT_THERE is not set" in told[0]
    assert "EMPTY is empty" in told[1]
    assert f"put the secret into {tmp_path / 'gone'}" in told[2]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = _file(tmp_path / "pin", b"12345", mode)
    with pytest.raises(UserError) as refusal:
        resolve("${file:pin}", folder=tmp_path)
    assert refusal.value.problems[0].remedy == f"chmod 600 {path}"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path / "pin", b"12345")
    os.chown(path, 12345, 12345)
    with pytest.raises(UserError, match="belongs to somebody else"):
        resolve("${file:pin}", folder=tmp_path)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x" * (LARGEST + 1), "larger than"),
    ],
)
def test_a_file_with_no_secret_in_it_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    _file(tmp_path / "pin", content)
    with pytest.raises(UserError, match=cause):
        resolve("${file:pin}", folder=tmp_path)


def test_a_folder_and_a_pipe_are_no_secrets(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a file|cannot be read"):
        resolve(f"${{file:{tmp_path}}}")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe", 0o600)
        with pytest.raises(UserError, match="not a file"):
            resolve("${file:pipe}", folder=tmp_path)


@pytest.mark.parametrize(
    ("make", "cause", "remedy"),
    [
        (lambda _: fail.Keyring(), "this computer has no keyring", "phonehub config secret"),
        (LockedKeyring, "does not open: collection of phonehub is locked for alice", "unlock it"),
        (FileKeyring, "the keyring has no alice for phonehub", "phonehub config secret phonehub/alice"),
    ],
)
def test_a_keyring_that_cannot_answer_is_told_with_its_remedy(
    tmp_path: Path,
    use_keyring: Callable[[KeyringBackend], None],
    make: Callable[[Path], KeyringBackend],
    cause: str,
    remedy: str,
) -> None:
    use_keyring(make(tmp_path / "keyring.json"))
    with pytest.raises(UserError) as refusal:
        resolve("${keyring:phonehub/alice}")
    assert cause in refusal.value.problems[0].cause
    assert remedy in refusal.value.problems[0].remedy


def test_tables_are_resolved_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "swordfish")
    monkeypatch.delenv("NOT_THERE", raising=False)
    table: dict[str, Any] = {"a": "${env:PW}", "b": [1, "${env:PW}", {"c": True}], "d": None}
    assert resolve_all(table) == {"a": "swordfish", "b": [1, "swordfish", {"c": True}], "d": None}
    with pytest.raises(UserError) as refusal:
        resolve_all({"a": "${env:NOT_THERE}", "b": ["${env:NOT_THERE}"]}, place="users.alice.phone")
    assert [problem.place for problem in refusal.value.problems] == ["users.alice.phone.a", "users.alice.phone.b.0"]
    with pytest.raises(UserError, match=r"^a: "):
        resolve_all({"a": "${env:NOT_THERE}"})


@pytest.mark.feature("RULE-09")
def test_what_was_resolved_is_hidden_wherever_it_turns_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", 'sword fish/"ä')
    monkeypatch.setenv("LONGER", 'sword fish/"äö')
    monkeypatch.setenv("SHORT", "abc")
    redactor = Redactor()
    assert redactor("sword") == "sword"
    for name in ("PW", "LONGER", "SHORT"):
        resolve(f"${{env:{name}}}", redactor=redactor)
    secret = 'sword fish/"ä'
    assert redactor(f"x{secret}y{secret}ö") == f"x{HIDDEN}y{HIDDEN}"
    assert redactor("abc") == "abc"
    for form in (quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        assert redactor(f"q={form}&") == f"q={HIDDEN}&"


@pytest.mark.feature("RULE-09")
def test_log_records_hide_it_in_message_arguments_and_traceback() -> None:
    redactor = Redactor()
    redactor.learn("swordfish")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactingFilter(redactor))
    log = logging.getLogger("test_secrets")
    log.addHandler(handler)
    log.warning("the password is %s", "sword" + "fish", stack_info=True)
    try:
        int("sword" + "fish!")
    except ValueError:
        log.exception("100%% of %s", {"password": "sword" + "fish"})
    log.warning("nothing")
    log.removeHandler(handler)
    assert f"invalid literal for int() with base 10: '{HIDDEN}!'" in written.getvalue()
    assert f"the password is {HIDDEN}" in written.getvalue()
    assert "swordfish" not in written.getvalue()


def test_many_threads_learn_and_hide_at_once() -> None:
    redactor = Redactor()
    secrets = [f"secret-{number:04}" for number in range(200)]
    seen: list[str] = []

    def learn(own: list[str]) -> None:
        for secret in own:
            redactor.learn(secret)
            seen.append(redactor(secret))

    threads = [threading.Thread(target=learn, args=(secrets[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {HIDDEN}
    assert redactor(" ".join(secrets)) == " ".join([HIDDEN] * 200)


@given(st.text(), st.text(min_size=4).filter(lambda secret: "•" not in secret))
def test_no_text_keeps_a_learned_secret(text: str, secret: str) -> None:
    redactor = Redactor()
    redactor.learn(secret)
    assert secret not in redactor(text + secret)


def test_what_is_worth_nothing_is_hidden_no_more() -> None:
    redactor = Redactor()
    redactor.learn("swordfish")
    redactor.learn("goldfish")
    redactor.unlearn("swordfish")
    redactor.unlearn("swordfish")
    assert redactor("swordfish goldfish") == f"swordfish {HIDDEN}"
    redactor.unlearn("goldfish")
    assert redactor("swordfish goldfish") == "swordfish goldfish"
