from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

PHONEHUB = Path(sys.executable).parent / "phonehub"
BROKEN = """
from hub import hookimpl

@hookimpl
async def on_ring(event, context):
    raise ValueError("no \\x1b[31mlamp")
"""


def configured(home: Path, more: str = "") -> None:
    (home / "phonehub.toml").write_text(f'[hub]\nstate = "state"\n[users.alice]\n{more}')
    (home / "plugins").mkdir(exist_ok=True)


@pytest.mark.feature("PLUG-01", "CLI-01")
def test_plugins_are_listed_while_no_hub_runs(phonehub: Run, home: Path) -> None:
    configured(home, '[plugins.screenpop]\nbrowzer = "x"\n')
    (home / "plugins" / "lamp.py").write_text(BROKEN)
    (home / "plugins" / "leaves.py").write_text("import sys; sys.exit(3)")
    ran = phonehub("plugins", "list", "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    told = {plugin["name"]: plugin for plugin in json.loads(ran.stdout)}
    assert told["sim"] | {"origin": "built in", "state": "loaded"} == told["sim"]
    assert told["lamp"]["hooks"] == ["on_ring"]
    assert told["lamp"]["origin"] == str(home / "plugins" / "lamp.py")
    assert (told["leaves"]["state"], told["leaves"]["reason"]) == ("failed", "import: SystemExit: 3")
    assert told["screenpop"]["state"] == "failed"
    assert 'did you mean "browser"?' in told["screenpop"]["reason"]
    people = phonehub("plugins", "list").stdout
    (line,) = (line for line in people.splitlines() if line.strip().startswith("leaves"))
    assert "failed" in line
    assert "SystemExit: 3" in line


def test_plugins_are_listed_where_nothing_is_set_up(phonehub: Run) -> None:
    ran = phonehub("plugins", "list")
    assert ran.returncode == 0, ran.stderr
    assert "screenpop" in ran.stdout


@pytest.mark.feature("PLUG-01")
def test_disabled_plugins_are_listed_and_not_run(phonehub: Run, home: Path) -> None:
    configured(home)
    text = (home / "phonehub.toml").read_text().replace("[hub]", '[hub]\ndisabled_plugins = ["leaves"]')
    (home / "phonehub.toml").write_text(text)
    (home / "plugins" / "leaves.py").write_text("open('ran', 'w')")
    told = phonehub("plugins", "info", "leaves")
    assert "disabled: disabled in the configuration" in told.stdout
    assert not (home / "ran").exists()


@pytest.mark.feature("PLUG-01", "PLUG-02")
async def test_the_running_hub_tells_how_its_plugins_fare(phonehub: Run, tmp_path: Path) -> None:
    import asyncio

    (tmp_path / "desk" / "plugins").mkdir(parents=True)
    (tmp_path / "desk" / "plugins" / "lamp.py").write_text(BROKEN)
    async with running_desk(tmp_path / "desk") as desk:
        for number in range(5):
            caller = desk.office.call(f"+1585555{number:04}")
            await desk.events.type("ring", number + 1)
            desk.office.hang_up(caller)
            await desk.events.type("end", number + 1)
        await desk.settled()
        config = str(tmp_path / "desk" / "phonehub.toml")
        listed = await asyncio.to_thread(phonehub, "--config", config, "plugins", "list", "--json")
        told = await asyncio.to_thread(phonehub, "--config", config, "plugins", "info", "lamp")
    lamp = {plugin["name"]: plugin for plugin in json.loads(listed.stdout)}["lamp"]
    assert (lamp["state"], lamp["failures"], lamp["events"]) == ("suspended", 5, 5)
    assert "state       suspended: suspended for 60 s: 5 failures in a row" in told.stdout
    assert "ValueError: no \\x1b[31mlamp" in told.stdout  # harmless to a terminal
    assert 'raise ValueError("no' in told.stdout
    assert "\x1b" not in told.stdout


@pytest.mark.feature("PLUG-01", "PLUG-03")
def test_the_settings_of_a_plugin_are_told(phonehub: Run, home: Path) -> None:
    told = phonehub("plugins", "info", "screenpop").stdout
    assert '  setting     where = "auto"  `browser` of the hub' in told
    assert "  setting     browser = []  program and arguments of the browser" in told
    configured(home)
    (home / "plugins" / "lamp.py").write_text(
        "from hub import hookimpl\nfrom pydantic import BaseModel, Field\n"
        "class Settings(BaseModel):\n"
        "    at: str = Field(description='which lamp')\n"
        "    also: list[str] = Field(default_factory=list)\n"
        "@hookimpl\ndef register_config():\n    return Settings\n"
    )
    told = phonehub("plugins", "info", "lamp").stdout
    assert "  setting     at (required)  which lamp\n" in told
    assert "  setting     also (computed)\n" in told


@pytest.mark.feature("PLUG-01")
async def test_who_disables_a_plugin_of_a_running_hub_is_told_that_it_does_not_know(
    phonehub: Run, tmp_path: Path
) -> None:
    import asyncio

    (tmp_path / "desk").mkdir()
    async with running_desk(tmp_path / "desk"):
        config = str(tmp_path / "desk" / "phonehub.toml")
        told = await asyncio.to_thread(phonehub, "--config", config, "plugins", "disable", "screenpop")
    assert told.stdout.startswith("screenpop is disabled from the next start of the hub on\nthe hub that is running")
    after = phonehub("--config", config, "plugins", "enable", "screenpop")
    assert after.stdout == "screenpop is enabled from the next start of the hub on\n"


@pytest.mark.feature("CLI-01")
@pytest.mark.parametrize(("columns", "is_table"), [(60, False), (130, True)])
def test_a_table_is_told_in_paragraphs_where_it_has_no_room(home: Path, columns: int, *, is_table: bool) -> None:
    ours, its = os.openpty()
    terminal = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    try:
        ran = subprocess.run([PHONEHUB, "plugins", "list"], stdout=its, cwd=home, env=terminal, timeout=30, check=False)
        lines = [line.rstrip() for line in os.read(ours, 65_536).decode().splitlines()]
    finally:
        os.close(ours)
        os.close(its)
    assert ran.returncode == 0
    assert ("  state       loaded" in lines) is not is_table
    assert any("─" in line for line in lines) is is_table
    assert max(len(click.unstyle(line)) for line in lines) <= columns


def test_a_plugin_that_there_is_not_is_answered_with_the_nearest(phonehub: Run) -> None:
    ran = phonehub("plugins", "info", "screnpop")
    assert ran.returncode == 1
    assert ran.stderr == 'there is no plugin "screnpop" (did you mean "screenpop"?)\n'


@pytest.mark.feature("PLUG-06")
def test_a_new_plugin_is_begun(phonehub: Run, home: Path) -> None:
    ran = phonehub("plugins", "new", "door_bell")
    assert ran.returncode == 0, ran.stderr
    assert (home / "phonehub-door-bell" / "pyproject.toml").is_file()
    assert "phonehub-door-bell" in ran.stdout
    again = phonehub("plugins", "new", "door_bell")
    assert again.returncode == 1
    assert "there is such a folder already" in again.stderr


@pytest.mark.feature("PLUG-01", "CLI-01")
def test_a_plugin_is_disabled_and_enabled_in_the_configuration(phonehub: Run, home: Path) -> None:
    file = home / "phonehub.toml"
    file.write_text('# ours\n[hub]\nstate = "state"  # here\n\n[users.alice]\n', encoding="utf-8")
    assert phonehub("plugins", "disable", "screenpop").returncode == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# ours\n")
    assert "# here" in text
    told = {plugin["name"]: plugin["state"] for plugin in json.loads(phonehub("plugins", "list", "--json").stdout)}
    assert {"sim", "contacts", "calendar", "idle", "crm"} < set(told)
    assert told == {**dict.fromkeys(told, "loaded"), "screenpop": "disabled"}
    assert phonehub("plugins", "disable", "screenpop").returncode == 0
    assert phonehub("plugins", "enable", "screenpop").returncode == 0
    told = {plugin["name"]: plugin["state"] for plugin in json.loads(phonehub("plugins", "list", "--json").stdout)}
    assert set(told.values()) == {"loaded"}
    again = phonehub("plugins", "enable", "screenpop")
    assert (again.returncode, again.stderr.strip()) == (1, 'the plugin "screenpop" is not disabled')
    wrong = phonehub("plugins", "disable", "scrinpop")
    assert wrong.returncode == 1
    assert 'there is no plugin "scrinpop" (did you mean "screenpop"?)' in wrong.stderr
