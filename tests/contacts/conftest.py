from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hub.sim import scenario
from hub.sim.samples import TWO_DESKS, sample_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk


@pytest.fixture
def phonehub(
    phonehub: Callable[..., AbstractAsyncContextManager[Desk]],
) -> Callable[..., AbstractAsyncContextManager[Desk]]:
    """Give the hub, where nothing else is asked for, a phone system that has no contacts of its own."""
    office = scenario.load(sample_scenario(TWO_DESKS)).office
    users = {name: replace(user, unlisted=True) for name, user in office.users.items()}
    return partial(phonehub, office=replace(office, users=users, contacts=()))
