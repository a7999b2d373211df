from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in something a person wrote.

    `place` is what an editor can jump to (`rules/10-crm.yaml:8:33`), `cause` what is wrong and what was expected,
    `remedy` what to do about it (may be empty where the cause says it).
    """

    place: str
    cause: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the one line a person reads."""
        text = f"{self.place}: {self.cause}" if self.place else self.cause
        return f"{text} ({self.remedy})" if self.remedy else text


class UserError(Exception):
    """Something a person can mend: shown as its problems, all at once, never with a traceback."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def of(cls, cause: str, remedy: str = "", place: str = "") -> Self:
        """Make the error of one problem."""
        return cls(Problem(place, cause, remedy))
