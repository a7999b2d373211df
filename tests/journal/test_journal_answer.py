from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.journal.answer import LONGEST_WAIT, judge
from hub.store.posts import PostState

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, PostState.POSTED), (201, PostState.POSTED), (204, PostState.POSTED),
        (301, PostState.SET_ASIDE), (400, PostState.SET_ASIDE), (401, PostState.SET_ASIDE), (409, PostState.SET_ASIDE),
        (422, PostState.SET_ASIDE), (408, PostState.WAITING), (425, PostState.WAITING), (429, PostState.WAITING),
        (500, PostState.WAITING), (503, PostState.WAITING), (599, PostState.WAITING),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, state: PostState) -> None:
    verdict = judge(status, "", NOW)
    assert verdict.state is state
    assert verdict.wait is None
    assert (str(status) in verdict.reason) is (state is not PostState.POSTED)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("Mon, 02 Mar 2026 12:01:30 GMT", 90.0), ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("9" * 400, LONGEST_WAIT), ("86401", LONGEST_WAIT), ("Mon, 02 Mar 2099 12:00:00 GMT", LONGEST_WAIT),
        ("Mon, 02 Mar 2026 12:01:30 -0000", 90.0), ("Fri, 31 Dec 9999 23:59:59 -2300", LONGEST_WAIT),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 0.0),
        ("soon", None), ("-5", None), ("", None), ("\u0665", None), ("1.5", None),
    ],
)  # fmt: skip
def test_how_long_the_server_wants_us_to_wait(header: str, wait: float | None) -> None:
    assert judge(429, header, NOW).wait == wait
    assert judge(503, header, NOW).wait == wait
    assert judge(400, header, NOW).wait is None
