"""Times as people write and read them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_AGO = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of Click only
    """A time in the past: how long ago (`90m`, `12h`, `7d`, `2w`) or a date, with or without a time, here."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return it in UTC."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if ago := _AGO.fullmatch(text):
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time: write how long ago (90m, 12h, 7d, 2w) or a date (2026-03-31)", param, ctx)


def local(instant: str) -> str:
    """Return a time of the API as people here read it."""
    return datetime.fromisoformat(instant).astimezone().strftime("%Y-%m-%d %H:%M")


def lasted(seconds: float) -> str:
    """Return a duration as a telephone shows it: `3:05`, `1:00:00`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasted_since(instant: str | None) -> str:
    """Return how long something has lasted that began at a time of the API; empty without one."""
    return lasted((datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()) if instant else ""


def as_query(value: Any) -> Any:
    """Return a value as the API takes it in a query."""
    return value if value is None or isinstance(value, int | str) else value.isoformat()
