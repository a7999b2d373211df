from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub import config_file

if TYPE_CHECKING:
    from collections.abc import Callable

    Phonehub = Callable[..., subprocess.CompletedProcess[str]]

PHONEHUB = Path(sys.executable).parent / "phonehub"
TEXT = """\
[hub]
database = "postgresql://hub:${env:DB}@db.example/hub"
[hub.vars]
crm = "https://crm.example/?n="
[users."a.b".phone]
adapter = "sim"
password = "${keyring:phonehub/a}"
[plugins.crm]
columns = ["Näme", 'C:\\temp']
"""
KEYRING = """
from keyring.backend import KeyringBackend
class Backend(KeyringBackend):
    priority = 1
    def set_password(self, service, username, password):
        with open("kept", "a") as file:
            print(service, username, password, sep=",", file=file)
    def get_password(self, service, username):
        with open("kept") as file:
            return file.read().strip().split(",")[-1]
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "phonehub.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_good_configuration(phonehub: Phonehub, file: Path) -> None:
    file.write_text(
        '[users.alice.phone]\nadapter = "sim"\nserver = "ws://127.0.0.1:9"\nuser = "a"\npassword = "${env:PW}"\n'
    )
    said = phonehub("config", "check", PW="hunter22")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"{file} is all right: alice\n", "")
    assert json.loads(phonehub("config", "check", "--json", PW="hunter22").stdout) == []


def test_what_plugins_and_phones_check_is_told_too(phonehub: Phonehub, file: Path) -> None:
    file.write_text(
        '[users.alice.phone]\nadapter = "simm"\n[users.bob.phone]\nadapter = "sim"\npassword = "${env:NO_SUCH}"\n'
        '[plugins.screenpop]\nbrowsr = "x"\n[plugins.nosuch]\n'
    )
    said = phonehub("config", "check")
    assert (said.returncode, said.stdout) == (1, "")
    for told in ('no phone adapter "simm"', "NO_SUCH", 'unknown key "browsr"', 'no plugin "nosuch"'):
        assert told in said.stderr, said.stderr


def test_a_bad_configuration_is_read_aloud(phonehub: Phonehub, file: Path) -> None:
    file.write_text('[web]\nport = "x"\n[users.alice.phone]\nadapter = "sim"\npassword = "hunter2"\n')
    said = phonehub("config", "check")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines() == [
        'phonehub.toml:2: web.port: expected a whole number, found "x"',
        'phonehub.toml:5: users.alice.phone.password: a secret must not stand here in clear ("phonehub config secret \
phonehub/alice" keeps it in the keyring; then write "${keyring:phonehub/alice}" here)',
    ]
    said = phonehub("config", "check", "--json")
    assert said.returncode == 1
    assert [problem["place"] for problem in json.loads(said.stdout)] == [
        "phonehub.toml:2: web.port", "phonehub.toml:5: users.alice.phone.password",
    ]  # fmt: skip
    assert "hunter2" not in said.stdout + said.stderr


def test_what_is_shown_can_be_read_again(phonehub: Phonehub, file: Path, home: Path) -> None:
    said = phonehub("config", "show")
    assert tomllib.loads(said.stdout) == tomllib.loads(TEXT)
    everything = phonehub("config", "show", "--all")
    (home / "all.toml").write_text(everything.stdout, encoding="utf-8")
    assert (
        phonehub("--config", "all.toml", "config", "show", "--all").stdout.splitlines()[1:]
        == (everything.stdout.splitlines()[1:])
    )
    assert json.loads(phonehub("config", "show", "--json").stdout) == tomllib.loads(TEXT)
    assert file.name in said.stdout


@pytest.mark.feature("ACC-01")
def test_a_secret_goes_to_the_keyring(phonehub: Phonehub, home: Path) -> None:
    (home / "backend.py").write_text(KEYRING)
    given = {"PYTHON_KEYRING_BACKEND": "backend.Backend", "PYTHONPATH": str(home)}
    said = phonehub("config", "secret", "phonehub/alice", said="", **given)
    assert (said.returncode, said.stderr) == (
        1,
        "phonehub/alice: no secret was given (type it, or give it as a line of standard input)\n",
    )
    said = phonehub("config", "secret", "phonehub/alice", said="hunter2\n", **given)
    assert (said.returncode, said.stderr) == (0, "")
    assert (home / "kept").read_text() == "phonehub,alice,hunter2\n"
    assert "${keyring:phonehub/alice}" in said.stdout
    assert "hunter2" not in said.stdout + said.stderr


@pytest.mark.feature("ACC-01")
@pytest.mark.parametrize(("again", "status"), [("hunter2", 0), ("hunter3", None)])
def test_a_person_types_a_secret_twice_and_does_not_see_it(home: Path, again: str, status: int | None) -> None:
    (home / "backend.py").write_text(KEYRING)
    given = {**os.environ, "PYTHON_KEYRING_BACKEND": "backend.Backend", "PYTHONPATH": str(home)}
    ours, its = os.openpty()
    words = [PHONEHUB, "config", "secret", "phonehub/alice"]
    with subprocess.Popen(words, stdin=its, stdout=its, stderr=its, cwd=home, env=given, start_new_session=True) as ran:
        os.close(its)
        shown = ""
        for prompt, text in (("Secret: ", "hunter2"), ("Once more: ", again)):
            while not shown.endswith(prompt):
                shown += os.read(ours, 1000).decode()
            os.write(ours, f"{text}\n".encode())
        if status is None:
            while "do not match" not in shown:
                shown += os.read(ours, 1000).decode()
            ran.terminate()
        ran.wait(30)
    os.close(ours)
    assert "hunter" not in shown
    assert (home / "kept").exists() is (status == 0)


@pytest.mark.feature("ACC-01")
def test_without_a_keyring_a_secret_goes_to_an_encrypted_file(phonehub: Phonehub, home: Path) -> None:
    given = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    config = '[users.alice.phone]\nadapter = "sim"\nserver = "ws://127.0.0.1:9"\nuser = "a"\npassword = "{}"\n'
    (home / "phonehub.toml").write_text(config.format("${keyring:phonehub/alice}"))
    said = phonehub("config", "check", **given)
    assert said.returncode == 1
    assert 'this computer has no keyring ("phonehub config secret" keeps it in an encrypted file' in said.stderr
    said = phonehub("config", "secret", "phonehub/alice", said="hunter2\nhunter2\n", **given)
    assert said.returncode == 0, said.stderr
    file, key = home / "data" / "phonehub" / "secrets.json", home / "config" / "phonehub" / "secrets.key"
    assert f"kept in the encrypted file {file}, whose key is in {key}; write ${{keyring:phonehub/alice}}" in said.stdout
    assert [path.stat().st_mode & 0o777 for path in (file, key, file.parent, key.parent)] == [
        0o600, 0o600, 0o700, 0o700,
    ]  # fmt: skip
    assert "hunter2" not in file.read_text() + key.read_text() + said.stdout + said.stderr
    assert phonehub("config", "check", **given).returncode == 0
    key.write_text("another key")
    said = phonehub("config", "check", **given)
    assert f"{file} does not open with this key, or is damaged" in said.stderr


@pytest.mark.feature("ACC-01")
def test_a_key_of_ones_own_chooses_the_encrypted_file(phonehub: Phonehub, home: Path) -> None:
    (home / "backend.py").write_text(KEYRING)
    (home / "phonehub.key").touch(0o600)
    (home / "phonehub.key").write_text("correct horse battery staple\n")
    keyring = {"PYTHON_KEYRING_BACKEND": "backend.Backend", "PYTHONPATH": str(home)}
    for chosen in (
        {"PHONEHUB_SECRETS_KEY_FILE": str(home / "phonehub.key"), "PHONEHUB_SECRETS_FILE": str(home / "first.json")},
        {"CREDENTIALS_DIRECTORY": str(home), "PHONEHUB_SECRETS_FILE": str(home / "second.json")},
    ):
        said = phonehub("config", "secret", "phonehub/alice", said="hunter2\nhunter2\n", **keyring, **chosen)
        assert f"kept in the encrypted file {chosen['PHONEHUB_SECRETS_FILE']}" in said.stdout
    assert not (home / "kept").exists()


@pytest.mark.parametrize("text", [None, "", "[users.alice]\n"])
def test_run_without_a_phone_says_what_to_do(phonehub: Phonehub, home: Path, text: str | None) -> None:
    if text is not None:
        (home / "phonehub.toml").write_text(text)
    said = phonehub("run")
    assert (said.returncode, said.stdout) == (1, "")
    assert config_file.SAMPLE in said.stderr
    assert "Traceback" not in said.stderr


def test_a_file_that_is_named_must_be_there(phonehub: Phonehub) -> None:
    said = phonehub("--config", "other.toml", "config", "check")
    assert said.returncode == 1
    assert "other.toml: there is no such file" in said.stderr
