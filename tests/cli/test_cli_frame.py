from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cli import COMMANDS, cli
from hub.cli.output import print_table, printable
from hub.sim.exchange.office import ABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Phonehub = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.feature("CLI-01")
def test_help_lists_every_command(phonehub: Phonehub) -> None:
    said = phonehub("--help")
    assert (said.returncode, said.stderr) == (0, "")
    _, _, commands = said.stdout.partition("Commands:\n")
    listed = [line.split(None, 1) for line in commands.splitlines() if line.strip()]
    assert {name: told for name, told in listed} == {**COMMANDS, "calendar": "(phonehub)", "contacts": "(phonehub)"}  # noqa: C416  a row that is no pair fails here


def test_help_imports_no_command() -> None:
    program = """
import sys
from hub.cli import cli
try:
    cli(["--help"])
except SystemExit:
    pass
print(sorted(name for name in sys.modules if name.split(".")[0] in {sys.argv[1]}), file=sys.stderr)
"""
    program = program.replace(
        "{sys.argv[1]}", "{'hub', 'pydantic', 'rich', 'httpx', 'fastapi', 'sqlalchemy', 'asyncio'}"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stderr.strip() == "['hub', 'hub.cli', 'hub.cli.added']"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_tells_what_it_does(name: str) -> None:
    with click.Context(cli) as context:
        command = cli.get_command(context, name)
    assert command is not None
    assert command.help
    assert command.get_short_help_str(200) == COMMANDS[name]


def test_version(phonehub: Phonehub) -> None:
    assert phonehub("--version").stdout == "phonehub 0.1.0\n"


def test_an_unknown_command_names_the_nearest(phonehub: Phonehub) -> None:
    said = phonehub("anwser")
    assert said.returncode == 2
    assert said.stderr.endswith('Error: there is no command "anwser"; did you mean "answer"?\n')


@pytest.mark.parametrize(
    "arguments",
    [
        ["dial", "200"],
        ["answer"],
        ["hold", "x"],
        ["resume"],
        ["end"],
        ["ignore"],
        ["dnd", "on"],
        ["dnd"],
        ["calls"],
        ["calls", "--watch"],
    ],
)
@pytest.mark.feature("CLI-01")
def test_without_a_hub_it_says_so_and_exits_with_3(phonehub: Phonehub, home: Path, arguments: list[str]) -> None:
    said = phonehub(*arguments)
    assert (said.returncode, said.stdout) == (3, "")
    assert said.stderr == (
        f"no hub is running on {home / 'state' / 'phonehub'} "
        '(start it with "phonehub run", or name its configuration with --config)\n'
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"url": "http://127.0.0.1:9", "pid": %d}', "no hub answers at http://127.0.0.1:9"),
        ('{"url": "http://127.0.0.1:9", "pid": 4194304}', "has ended without saying so"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_hub_that_died_is_told(phonehub: Phonehub, home: Path, content: str, told: str) -> None:
    state = home / "state" / "phonehub"
    (state / "tokens").mkdir(parents=True)
    (state / "tokens" / "alice").write_text("x")
    (state / "api.json").write_text(content.replace("%d", str(os.getpid())))
    said = phonehub("calls")
    assert (said.returncode, said.stdout) == (3, "")
    assert told in said.stderr
    assert "phonehub run" in said.stderr
    assert "Traceback" not in said.stderr


def test_which_user_must_be_said(phonehub: Phonehub, home: Path) -> None:
    state = home / "state" / "phonehub"
    (state / "tokens").mkdir(parents=True)
    (state / "api.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": os.getpid()}))
    said = phonehub("calls")
    assert (said.returncode, said.stderr) == (
        1, "the hub serves no user yet (add one to its configuration: [users.NAME.phone])\n",
    )  # fmt: skip
    for name in ("alice", "bob"):
        (state / "tokens" / name).write_text("x")
    said = phonehub("calls")
    assert (said.returncode, said.stderr) == (
        1, "the hub serves several users: alice, bob (name one with --user, or in PHONEHUB_USER)\n",
    )  # fmt: skip
    said = phonehub("--user", "alcie", "calls")
    assert (said.returncode, said.stderr) == (1, 'the hub serves no user "alcie" (did you mean "alice"?)\n')
    assert "serves no user" not in phonehub("calls", PHONEHUB_USER="alice").stderr
    assert "serves no user" in phonehub("--user", "../api.json", "calls").stderr


def test_it_completes_commands_without_importing_them(phonehub: Phonehub) -> None:
    said = phonehub(_PHONEHUB_COMPLETE="bash_complete", COMP_WORDS="phonehub do", COMP_CWORD="1")
    assert said.stdout.split() == ["plain,doctor"]
    said = phonehub(_PHONEHUB_COMPLETE="bash_complete", COMP_WORDS="phonehub dnd o", COMP_CWORD="2")
    assert said.stdout.split() == ["plain,on", "plain,off"]
    said = phonehub(_PHONEHUB_COMPLETE="bash_complete", COMP_WORDS="phonehub --co", COMP_CWORD="1")
    assert said.stdout.split() == ["plain,--config"]
    assert "_PHONEHUB_COMPLETE" in phonehub(_PHONEHUB_COMPLETE="zsh_source").stdout


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package that adds two commands, one of them broken, and one that is the hub's own."""
    folder = tmp_path / "site"
    metadata = folder / "phonehub_busylight-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: phonehub-busylight\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[console_scripts]\nother = x:y\n\n[hub.commands]\n"
        "lamp = lamp:command\nlump=lamp:nothing\ndial = lamp:command\n"
    )
    (folder / "lamp.py").write_text(
        "import click\n@click.command()\n@click.argument('colour')\n"
        "def command(colour):\n    click.echo('lamp ' + colour)\n"
    )
    return folder


def test_packages_add_commands(phonehub: Phonehub, package: Path) -> None:
    said = phonehub("--help", PYTHONPATH=str(package)).stdout
    assert re.search(r"\n  lamp +\(phonehub_busylight\)\n", said)
    assert said.count(" dial ") == 1
    assert phonehub("lamp", "red", PYTHONPATH=str(package)).stdout == "lamp red\n"
    assert "Call a number" in phonehub("dial", "--help", PYTHONPATH=str(package)).stdout


def test_a_broken_command_of_a_package_names_it(phonehub: Phonehub, package: Path) -> None:
    said = phonehub("lump", PYTHONPATH=str(package))
    assert said.returncode == 1
    assert said.stderr.startswith("phonehub-busylight: its command cannot be imported: AttributeError: ")
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Müller", "Zoë Müller"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\ud800", r"\ud800"),
        ("\x9b2J\x00", r"\x9b2J\x00"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("x" * 300, "x" * 199 + "…"),
        (3, "3"),
    ],
)
def test_hostile_text_does_nothing_to_a_terminal(text: object, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(alphabet=st.characters()))
def test_whatever_is_shown_is_printable(text: str) -> None:
    harmful = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert all(unicodedata.category(each) not in harmful or each in "\u200c\u200d" for each in printable(text))


@pytest.mark.feature("LINE-03", "CLI-01")
def test_what_a_handset_can_do_is_shown_whole_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    words = sorted(ABILITIES)
    columns = ("handset", "name", "model", "line keys", "conference", "another call", "capabilities")
    print_table(columns, [("desk", "Desk", "D40", "1, 2", "3", "holds the first", ", ".join(words))])
    told = capsys.readouterr().out
    assert "…" not in told
    assert max(map(len, told.splitlines())) <= 80
    assert ", ".join(words) in " ".join(told.split())
