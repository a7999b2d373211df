"""What README and docs show works: rules load, configurations are right, plugins load, commands and options exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from hub import config_file
from hub.cli import cli
from hub.config import check
from hub.plugin_host.manager import Manager
from hub.rules.load import FileName, Loader
from hub.rules.vocabulary import Vocabulary
from hub_calendar import Calendar
from hub_screenpop import ScreenPop

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{page.name}:{page.read_text().count(chr(10), 0, match.start()) + 1}")
    for page in PAGES
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))
]


def blocks(language: str, holding: str = "") -> list[object]:
    return [block for block in BLOCKS if block.values[0] == language and holding in str(block.values[1])]


@pytest.mark.parametrize(("_language", "text"), blocks("yaml", "\ndo:"))
def test_rules_load(_language: str, text: str) -> None:
    vocabulary = Vocabulary()
    vocabulary.add("calendar", *Calendar().register_rule_parts())
    vocabulary.add("screenpop", *ScreenPop().register_rule_parts())
    assert Loader(vocabulary).load(text.encode(), FileName("example.yaml", "example.yaml"))


@pytest.mark.parametrize(("_language", "text"), blocks("toml", "[users."))
def test_configurations_are_right(_language: str, text: str, tmp_path: Path) -> None:
    assert check(config_file.parse(tmp_path / "phonehub.toml", text.encode())).users


@pytest.mark.parametrize(("_language", "text"), blocks("python", "@hookimpl"))
def test_plugins_load(_language: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(text, encoding="utf-8")
    manager = Manager(installed=False, folder=tmp_path)
    manager.load()
    try:
        assert [(plugin.name, plugin.reason) for plugin in manager.loaded] == [("example", "")], manager.plugins
        assert manager.loaded[0].hooks
    finally:
        manager.close()


@pytest.mark.parametrize(("_language", "text"), blocks("console", "phonehub "))
def test_commands_exist(_language: str, text: str) -> None:
    for line in re.findall(r"^\$ phonehub (.+)$", text, re.MULTILINE):
        words = shlex.split(line, comments=True)
        command: click.Command = cli
        context = click.Context(cli)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(context, words[0])
            assert found is not None, line
            command, context = found, click.Context(found, parent=context)
            words = words[1:]
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known | {"--help"}, line


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
