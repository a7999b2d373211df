"""Fixtures for authors of plugins and adapters; pytest finds them wherever phonehub is installed.

They import the hub when they are used, not before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from hub.testing.clock import VirtualClock
    from hub.testing.harness import Desk


@pytest.fixture
def phonehub(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Desk]]:
    """Give what runs a hub at a simulated office: `async with` the call with plugin classes, `as desk`."""
    from hub.testing.harness import running_desk

    return partial(running_desk, tmp_path)


@pytest.fixture
def phonehub_clock() -> VirtualClock:
    """Return a clock whose hands the test turns, for `phonehub(MyPlugin, clock=phonehub_clock)`."""
    from hub.testing.clock import VirtualClock

    return VirtualClock()
