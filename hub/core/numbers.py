from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    """What a piece of caller-ID or dialled text turned out to be."""

    EXTERNAL = "external"
    EXTENSION = "extension"
    EMERGENCY = "emergency"
    PREMIUM = "premium"
    CODE = "code"
    WITHHELD = "withheld"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number: the text as received, and what it means under the dial plan.

    `e164` is `+` and digits, or empty where there is no public number; `national` is how people of the home country
    write it (or the text, cleaned for display).
    """

    text: str
    kind: NumberKind
    e164: str = ""
    national: str = ""


NO_NUMBER = Number("", NumberKind.WITHHELD)
