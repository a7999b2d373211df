from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub_contacts.contact import Contact


@dataclass(frozen=True, slots=True)
class Refused:
    """What of a file was not taken in: the physical line where it begins, counted from 1, and the reason.

    It is a whole card or row; `partly` where the rest of it has been taken.
    """

    line: int
    reason: str
    partly: bool = False

    def __str__(self) -> str:
        """Return the one line a person reads."""
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may hold before it is taken for an attack; what is beyond is refused, the rest is read."""

    card: int = 24_000_000
    """Bytes of one card, photo included."""
    card_lines: int = 500_000
    """Physical lines of one card; a photo of the greatest size fits in."""
    properties: int = 5_000
    """Properties of one card."""
    depth: int = 8
    """Cards within cards."""
    photo: int = 16_000_000
    """Bytes of one photo."""
    row: int = 24_000_000
    """Bytes of one row of a CSV file."""
    row_lines: int = 100_000
    """Physical lines of one row of a CSV file."""
    columns: int = 2_000
    """Columns of a CSV file."""


LIMITS = Limits()


@dataclass(slots=True)
class Tally:
    """What an import would do: how many contacts, and each refusal while there are no more than `most`."""

    most: int = 10_000
    contacts: int = 0
    refused: list[Refused] = field(default_factory=list)
    refusals: int = 0


def dry_run(read: Iterable[Contact | Refused], most: int = 10_000) -> Tally:
    """Read to the end, keep nothing but the count and the first refusals."""
    tally = Tally(most)
    for each in read:
        if not isinstance(each, Refused):
            tally.contacts += 1
            continue
        tally.refusals += 1
        if len(tally.refused) < most:
            tally.refused.append(each)
    return tally
