"""The types of values in conditions: patterns of text and numbers, times of day, weekdays."""

from __future__ import annotations

import fnmatch
import re
from datetime import time
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import core_schema

from hub.checking import suggest
from hub.core.dial_text import plain
from hub.core.numbers import NumberKind

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

    from hub.core.numbers import Number

LONGEST_PATTERN = 256
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES = 24 * 60
_SEPARATORS = dict.fromkeys(map(ord, " -.()/+"))
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_TIME = re.compile(r"(\d{1,2}):(\d\d)")


class FromText:
    """A value that a person writes as a text; its constructor raises `ValueError` with what was expected."""

    __slots__ = ("text",)

    example = ""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.text == self.text

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(cls._read, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "examples": [cls.example]} if cls.example else {"type": "string"}

    @classmethod
    def _read(cls, text: str) -> Self:
        return cls(text)


class TextPattern(FromText):
    """A text, compared without regard to case; `*` stands for any characters and `?` for one."""

    __slots__ = ("_glob", "exact")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if not text or len(text) > LONGEST_PATTERN:
            raise ValueError(f"expected a text of 1 to {LONGEST_PATTERN} characters; * stands for any")
        self.exact = "" if "*" in text or "?" in text else self.normal(text)
        literal = self.normal(text).replace("[", "[[]")
        self._glob = None if self.exact else re.compile(fnmatch.translate(literal))

    @staticmethod
    def normal(text: str) -> str:
        """Return the form in which texts are compared."""
        return text[:LONGEST_PATTERN].casefold()

    def matches(self, text: str) -> bool:
        """Return whether it stands for this text."""
        normal = self.normal(text)
        return normal == self.exact if self._glob is None else self._glob.match(normal) is not None


class NumberPattern(TextPattern):
    """A telephone number in any way it is written, without regard to separators; `*` and `?` as in `TextPattern`."""

    __slots__ = ()

    example = "+15855550100"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if not re.search(r"[\d*?]", self.normal(text)):
            raise ValueError(f'expected a number such as {self.example}, or a pattern such as +1585*; found "{text}"')

    @staticmethod
    def normal(text: str) -> str:
        """Return the number's keys."""
        return plain(text[:LONGEST_PATTERN])

    def is_among(self, keys: tuple[str, ...]) -> bool:
        """Return whether it stands for a number that is written in one of these ways (see `number_keys`)."""
        if self._glob is None:
            return self.exact in keys
        return any(self._glob.match(key) is not None for key in keys)


def number_keys(number: Number) -> tuple[str, ...]:
    """Return the ways in which a rule may write a number: with `+`, with the country's code, at home, as received."""
    if number.kind is NumberKind.WITHHELD:
        return ()
    public, text = number.e164, number.text
    as_received = text if text == public or (text.isascii() and text.isdigit()) else plain(text)
    if not public:
        return (as_received,) if as_received else ()
    return (public, public[1:], number.national.translate(_SEPARATORS), as_received)


class TimeSpan(FromText):
    """A time of day such as `08:00-18:00`, the end not included; over midnight where the end is not later."""

    __slots__ = ("_end", "_start")

    example = "08:00-18:00"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = _SPAN.fullmatch(text.strip())
        numbers = [int(part) for part in found.groups()] if found else [99] * 4
        self._start, self._end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        if max(self._start, self._end) > _MINUTES or max(numbers[1], numbers[3]) > 59 or self._start == _MINUTES:  # noqa: PLR2004  the last minute of an hour
            raise ValueError(f'expected a span of time such as {self.example}, found "{text}"')

    def has(self, moment: time) -> bool:
        """Return whether a moment is in it."""
        minute = moment.hour * 60 + moment.minute
        if self._start < self._end:
            return self._start <= minute < self._end
        return minute >= self._start or minute < self._end


class TimeOfDay(FromText):
    """A time of day such as `08:30`."""

    __slots__ = ("time",)

    example = "08:30"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = _TIME.fullmatch(text.strip())
        try:
            self.time = time(int(found[1]), int(found[2])) if found else time.max
        except ValueError:
            found = None
        if not found:
            raise ValueError(f'expected a time of day such as {self.example}, found "{text}"')


class Days(FromText):
    """A day of the week or several: `sat`, `mon-fri`."""

    __slots__ = ("days",)

    example = "mon-fri"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        first, dash, last = (part.strip() for part in text.partition("-"))
        begin, end = _day(first), _day(last if dash else first)
        count = (end - begin) % 7 + 1
        self.days = frozenset((begin + step) % 7 for step in range(count))


def _day(text: str) -> int:
    short = text.lower()
    for number, day in enumerate(DAYS):
        if short == day or (len(short) > len(day) and f"{_LONG[number]}day".startswith(short)):
            return number
    raise ValueError(f'expected a day of the week or a span such as mon-fri, found "{text}" ({suggest(text, DAYS)})')


_LONG = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
