from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.errors import Problem


class Verdict(StrEnum):
    """What a check came to: NOTE is worth knowing, BAD must be mended before the hub works as it should."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found about one thing, and what to do about it."""

    about: str
    verdict: Verdict
    told: str
    remedy: str = ""

    @classmethod
    def of(cls, about: str, problem: Problem) -> Finding:
        """Say a problem."""
        told = f"{problem.place}: {problem.cause}" if problem.place else problem.cause
        return cls(about, Verdict.BAD, told, problem.remedy)


def good(about: str, told: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(about, Verdict.GOOD, told)
