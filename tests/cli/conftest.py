from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PHONEHUB = Path(sys.executable).parent / "phonehub"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder where nothing is set up yet, which is the current one too."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in [name for name in os.environ if name.startswith(("PHONEHUB_", "_PHONEHUB"))]:
        monkeypatch.delenv(name)
    return home


@pytest.fixture
def phonehub(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the real command to its end."""

    def run(*arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PHONEHUB, *arguments],
            input=said,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=home,
            env={**os.environ, **environment},
        )

    return run
