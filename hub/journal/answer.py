"""What an HTTP answer to a post means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from hub.store.posts import PostState

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_WAIT = 24 * 3600.0
"""Seconds that a server may have us wait: one that asks for more is asked again after so many."""
_ONCE_MORE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_LONGEST_FIGURE = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a post; `wait` is for how many seconds the server wants nothing more, None if it says nothing."""

    state: PostState
    reason: str = ""
    wait: float | None = None


def judge(status: int, retry_after: str, now: datetime) -> Verdict:
    """Return what an answer means: 2xx accepted; 408, 425, 429, 5xx later; anything else is for a person to look at.

    `retry_after` is that header, empty without; seconds or a date (RFC 9110, 10.2.3).
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict(PostState.POSTED)
    if status in _ONCE_MORE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict(PostState.WAITING, _said(status), _seconds(retry_after.strip(), now))
    return Verdict(PostState.SET_ASIDE, _said(status))


def _said(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _seconds(text: str, now: datetime) -> float | None:
    if text.isascii() and text.isdecimal():
        return LONGEST_WAIT if len(text) > _LONGEST_FIGURE else min(float(text), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), LONGEST_WAIT)
