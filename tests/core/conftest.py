from __future__ import annotations

import pytest
from boards import Board


@pytest.fixture
def board() -> Board:
    return Board()
