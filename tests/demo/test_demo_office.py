from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console

from hub.demo.office import Options, play

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_the_day_is_played_where_the_loop_hears_of_no_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""

    def unsupported(*_: Any) -> NoReturn:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", unsupported)
    told = io.StringIO()
    (tmp_path / "10-none.yaml").write_text("on: dnd\ndo:\n  - note: never\n", encoding="utf-8")
    options = Options(pace=1000.0, gap=0.01, leave=True, rules=tmp_path)
    assert await play(options, Console(file=told, width=200)) == 0
    assert told.getvalue().splitlines()[-1].startswith("done: 28 calls, ")
