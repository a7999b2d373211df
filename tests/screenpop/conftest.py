from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from popped import Program, Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))  # the harness `at_work`, and `facts_of`


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def visit(tmp_path: Path) -> Path:
    """Return a browser: a real program that fetches the URL that it is given."""
    path = tmp_path / "visit"
    fetch = "urllib.request.urlopen(sys.argv[-1].removeprefix('--page=')).read()"
    path.write_text(f"#!{sys.executable}\nimport sys, urllib.request\n{fetch}\n")
    path.chmod(0o755)
    return path
