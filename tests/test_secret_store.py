from __future__ import annotations

import json
import multiprocessing
from typing import TYPE_CHECKING

import keyring
import pytest
from filelock import FileLock
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import PasswordDeleteError, PasswordSetError

from hub import secret_store
from hub.errors import UserError
from hub.secret_file import SecretFile
from hub.secrets import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Dictionary(KeyringBackend):
    """A keyring in memory, which may refuse to be written."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.refuses = False

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.refuses:
            raise PasswordSetError("the collection is read-only")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Whoever runs the tests keeps their own secrets."""
    for name in (secret_store.KEY_FILE, secret_store.CREDENTIALS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(secret_store.FILE, str(tmp_path / "secrets.json"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = keyring.get_keyring()
    yield tmp_path
    keyring.set_keyring(before)


@pytest.fixture(params=["keyring", "file"])
def store(request: pytest.FixtureRequest) -> str:
    keyring.set_keyring(Dictionary() if request.param == "keyring" else fail.Keyring())
    return str(request.param)


@pytest.mark.feature("ACC-01")
def test_what_is_kept_is_found_by_reference_until_it_is_forgotten(store: str, place: Path) -> None:
    assert ("the keyring" if store == "keyring" else str(place / "secrets.json")) in secret_store.keep(
        "a", "sword fish"
    )
    secret_store.keep("mail/a", "other ä\n")
    assert resolve("${keyring:a} ${keyring:phonehub/a} ${keyring:mail/a}") == "sword fish sword fish other ä\n"
    secret_store.forget("a")
    secret_store.forget("a")
    with pytest.raises(UserError, match=r'has no a for phonehub \("phonehub config secret a" keeps it there\)'):
        resolve("${keyring:a}")
    assert resolve("${keyring:mail/a}") == "other ä\n"


@pytest.mark.feature("ACC-03")
def test_what_is_staged_takes_its_place_or_goes(store: str) -> None:
    assert store
    secret_store.keep("a", "old")
    secret_store.stage("a", "new")
    assert (secret_store.get("a"), secret_store.staged("a")) == ("old", "new")
    secret_store.settle("a", taken=False)
    assert (secret_store.get("a"), secret_store.staged("a")) == ("old", None)
    secret_store.stage("a", "new")
    secret_store.settle("a", taken=True)
    secret_store.settle("a", taken=True)
    assert (secret_store.get("a"), secret_store.staged("a")) == ("new", None)
    secret_store.stage("a", "newer")
    secret_store.forget("a")
    assert (secret_store.get("a"), secret_store.staged("a")) == (None, None)


def test_a_keyring_that_keeps_nothing_is_found_out() -> None:
    keyring.set_keyring(null.Keyring())
    with pytest.raises(UserError, match="does not keep what it is given"):
        secret_store.keep("a", "swordfish")


def test_a_keyring_that_refuses_is_no_reason_to_write_elsewhere(place: Path) -> None:
    backend = Dictionary()
    backend.refuses = True
    keyring.set_keyring(backend)
    with pytest.raises(UserError, match="does not open: the collection is read-only") as refusal:
        secret_store.keep("a", "swordfish")
    assert secret_store.KEY_FILE in refusal.value.problems[0].remedy
    assert not (place / "secrets.json").exists()


def test_a_key_that_is_gone_or_public_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = place / "key"
    monkeypatch.setenv(secret_store.KEY_FILE, str(key))
    with pytest.raises(UserError, match=r"the key of .* is not to be had: .*key: cannot be read: No such file"):
        secret_store.keep("a", "swordfish")
    key.write_text("k")
    key.chmod(0o644)
    with pytest.raises(UserError, match="others can read the file"):
        secret_store.keep("a", "swordfish")
    assert not (place / "secrets.json").exists()


@pytest.mark.parametrize("content", ["", "no json", "{}", '{"phonehub_secrets": 2, "salt": "AAAA", "token": "x"}'])
def test_a_damaged_file_is_told_and_left_as_it_is(place: Path, content: str) -> None:
    path = place / "secrets.json"
    path.touch(0o600)
    path.write_text(content)
    file = SecretFile(path, "key")
    for attempt in (lambda: file.get("a"), lambda: file.set("a", "b"), lambda: file.delete("a")):
        with pytest.raises(UserError, match=r"damaged|empty"):
            attempt()
    assert path.read_text() == content


def test_no_changed_byte_goes_unnoticed(place: Path) -> None:
    path = place / "secrets.json"
    SecretFile(path, "key").set("a", "swordfish")
    sealed = json.loads(path.read_text())
    for position in range(0, len(sealed["token"]) - 2, 7):
        old = sealed["token"][position]
        token = f"{sealed['token'][:position]}{'A' if old != 'A' else 'B'}{sealed['token'][position + 1 :]}"
        path.write_text(json.dumps({**sealed, "token": token}))
        with pytest.raises(UserError, match="does not open with this key"):
            SecretFile(path, "key").get("a")


def test_two_files_of_the_same_secrets_and_key_look_different(place: Path) -> None:
    for name in ("one", "two"):
        SecretFile(place / name, "key").set("a", "swordfish")
    one, two = (json.loads((place / name).read_text()) for name in ("one", "two"))
    assert one["salt"] != two["salt"]
    assert one["token"][60:] != two["token"][60:]


def _keep(path: Path, number: int) -> None:
    SecretFile(path, "key").set(f"name {number}", f"secret {number}")


def test_processes_that_write_at_once_lose_nothing(place: Path) -> None:
    path = place / "secrets.json"
    spawning = multiprocessing.get_context("spawn")
    processes = [spawning.Process(target=_keep, args=(path, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [SecretFile(path, "key").get(f"name {number}") for number in range(4)] == [
        f"secret {number}" for number in range(4)
    ]


def test_a_file_that_is_not_let_go_of_is_told(place: Path) -> None:
    path = place / "secrets.json"
    with (
        FileLock(f"{path}.lock"),
        pytest.raises(UserError, match=r"another process has held it for 0\.05 s"),
    ):
        SecretFile(path, "key", within=0.05).set("a", "b")


def test_where_nothing_can_be_written_nothing_changes(place: Path) -> None:
    (place / "blocked").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        SecretFile(place / "blocked" / "secrets.json", "key").set("a", "b")
