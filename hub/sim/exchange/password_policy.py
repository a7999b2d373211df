"""What a phone system wants of a password or a PIN. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = 128
"""Characters of the longest password that a phone system takes."""
_RUN = 3
"""Digits that may not follow each other: 123, 321, 111."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """Rules for new passwords.

    `shortest` is how many characters it has at least, `digits` and `letters` how many of these are among them. The last
    `history` ones, the present one among them, may not come again. Nothing that is known of the user (name, extension,
    ...) may be it or, from three characters on, be in it. After so many wrong `guesses` none is heard for `lockout`
    seconds, and for twice as long after each further one, up to an hour.
    """

    shortest: int = 8
    digits: int = 1
    letters: int = 1
    history: int = 4
    guesses: int = 5
    lockout: float = 30.0

    def problems(self, new: str, *, known: Iterable[str] = (), was_used: bool = False) -> Iterator[str]:
        """Yield all that is wrong with a new password; `was_used` is whether it is among the last `history`."""
        if len(new) < self.shortest:
            yield f"it needs {self.shortest} characters at least"
        if len(new) > LONGEST:
            yield f"it may have {LONGEST} characters at most"
        if not new.isprintable():
            yield "it may not have control characters"
        if sum(map(str.isdecimal, new)) < self.digits:
            yield f"it needs {_many(self.digits, 'digit')} at least"
        if sum(map(str.isalpha, new)) < self.letters:
            yield f"it needs {_many(self.letters, 'letter')} at least"
        yield from _too_close(new, known)
        if was_used:
            yield "it was used before"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPolicy:
    """Rules for new PINs, which are digits alone: so many of them at least and at most; the others as for passwords.

    Not three or more of the same or in a row, nor the user's extension.
    """

    shortest: int = 4
    longest: int = 10
    history: int = 2
    guesses: int = 5
    lockout: float = 30.0

    def problems(self, new: str, *, known: Iterable[str] = (), was_used: bool = False) -> Iterator[str]:
        """Yield all that is wrong with a new PIN."""
        if not (new.isascii() and new.isdecimal()):
            yield "it is made of digits alone"
        if not self.shortest <= len(new) <= self.longest:
            yield f"it needs {self.shortest} to {self.longest} digits"
        if _is_run(new):
            yield "its digits are all the same, or in a row"
        yield from _too_close(new, (word for word in known if word.isdecimal()))
        if was_used:
            yield "it was used before"


Policy = PasswordPolicy | PinPolicy


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _too_close(new: str, known: Iterable[str]) -> Iterator[str]:
    folded = new.casefold()
    for word in dict.fromkeys(each.casefold() for each in known if each):
        if folded == word or (len(word) >= _RUN and word in folded):
            yield f"it may not have {word!r} in it, which others know of you"


def _is_run(digits: str) -> bool:
    steps = {ord(right) - ord(left) for left, right in pairwise(digits)}
    return len(digits) >= _RUN and len(steps) == 1 and steps <= {-1, 0, 1}
