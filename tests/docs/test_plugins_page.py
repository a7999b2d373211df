from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub import hookspecs
from hub.plugin_host.hooks import specifications
from hub.plugin_host.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_hook_is_there_with_its_arguments() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \| (?:yes|no) \| .+ \|$", PAGE, re.MULTILINE))
    hooks = {name for name in vars(hookspecs) if hasattr(getattr(hookspecs, name), "hub_spec")}
    assert hooks == rows.keys()
    for name, arguments in specifications().items():
        assert re.findall(r"`(\w+)`", rows[name]) == list(arguments)


def test_the_figures_are_those_of_the_code() -> None:
    assert f"({LIMITS.deadline:g} s)" in PAGE
    assert f"At most {LIMITS.mailbox:,} events" in PAGE
    assert (LIMITS.failures, LIMITS.suspension, LIMITS.longest_suspension) == (5, 60, 3600)
    assert "Five failing events in a row suspend\nthe plugin for a minute" in PAGE
    assert "up to an hour" in PAGE


@pytest.mark.feature("PLUG-06")
async def test_the_example_passes_its_own_test(phonehub: Callable[..., Any]) -> None:
    plugin, *_, test = EXAMPLES
    names: dict[str, Any] = {"__name__": "example"}
    exec(plugin, names)  # noqa: S102  what the page shows
    exec(test, names)  # noqa: S102
    await names["test_it_counts"](phonehub)
