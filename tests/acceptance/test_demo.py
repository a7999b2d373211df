"""The demo as a new user meets it: in a process of its own, from the source tree and from an installed wheel."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAST = re.compile(r"done: (\d+) calls, (\d+) actions, 0 failed(, \d+ refused as unsafe)?$")


def home(folder: Path) -> dict[str, str]:
    """Return an environment in which the user's folders are in a test's folder."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_START")
        if name in os.environ
    }
    return {**kept, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_STATE_HOME": str(folder), "COLUMNS": "200"}


def exists(path: str | Path) -> bool:
    return Path(path).exists()


async def lines_of(process: asyncio.subprocess.Process) -> list[str]:
    assert process.stdout is not None
    return (await process.stdout.read()).decode().splitlines()


async def demo(*arguments: str, python: str = sys.executable, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        python, "-m", "hub.cli", "demo", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=home(folder), cwd=folder,
    )  # fmt: skip


@pytest.mark.feature("CLI-01", "CALL-01", "CALL-05", "CALL-17", "RULE-01")
async def test_a_fast_day(tmp_path: Path) -> None:
    process = await demo("--fast", "--exit", folder=tmp_path)
    told = await lines_of(process)
    assert await process.wait() == 0, told
    last = LAST.match(told[-1])
    assert last, told[-1]
    assert int(last[1]) == 28
    assert int(last[2]) >= 20
    text = "\n".join(told)
    for words in (
        "Jane Customer ((585) 555-1234) rings for Main number", "do-not-disturb on", "on hold", "missed",
        "Jane Customer: transferred", "Carl Freight: parked at 701", "taken into the conference", "1 new in voicemail",
    ):  # fmt: skip
        assert words in text
    assert "\x1b[2J" not in text
    assert not exists("/tmp/owned")  # the name of a hostile caller would have made it


@pytest.mark.feature("RULE-01")
async def test_a_rule_edited_during_the_demo_changes_the_next_call(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    rule = rules / "10-first.yaml"
    rule.write_text("on: ring\ndo:\n  - run: [echo, first]\n", encoding="utf-8")
    process = await demo("--fast", "--rules", str(rules), folder=tmp_path)
    assert process.stdout is not None
    edited = False
    async for line in process.stdout:
        if b"run echo first" in line and not edited:
            rule.write_text("on: ring\ndo:\n  - run: [echo, second]\n", encoding="utf-8")
            edited = True
        if b"run echo second" in line:
            break
    process.send_signal(signal.SIGINT)
    told = await lines_of(process)
    assert await process.wait() == 0, told
    assert LAST.match(told[-1]), told[-1]


async def test_ctrl_c_does_not_wait_for_a_slow_action(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    slow = 'on: ring\nlimits: {deadline: 600}\ndo:\n  - note: begun\n  - run: [sleep, "600"]\n'
    (rules / "10-slow.yaml").write_text(slow, encoding="utf-8")
    process = await demo("--fast", "--rules", str(rules), folder=tmp_path)
    assert process.stdout is not None
    async for line in process.stdout:
        if b"note begun" in line:
            break
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        told = await lines_of(process)
        assert await process.wait() == 0, told
    assert any(LAST.match(line) for line in told), told


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.fixture
def installed(tmp_path: Path, wheel: Path) -> Path:
    """Install the wheel into a clean environment, beside the dependencies of this one; return its interpreter."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    site = place / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # the dependencies, but not the source tree, which an editable install puts on the path by a .pth file of its own
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    where = [
        python,
        "-c",
        "import hub, hub_contacts.vcard.read as c, hub_screenpop as s; print(hub.__file__, c.__file__, s.__file__)",
    ]
    found = subprocess.run(where, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert all(path.startswith(str(site)) for path in found.stdout.split())
    return python


@pytest.mark.timeout(180)
async def test_the_same_from_an_installed_wheel(tmp_path: Path, installed: Path) -> None:
    """Its rules and scenario travel with it, and all first-party plugins are found."""
    process = await demo("--fast", "--exit", python=str(installed), folder=tmp_path)
    told = await lines_of(process)
    assert await process.wait() == 0, told
    last = LAST.match(told[-1])
    assert last, told[-1]
    assert int(last[2]) >= 20
    assert exists(tmp_path / "phonehub" / "demo-rules" / "10-crm.yaml")
