from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.core.numbers import Number


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """How numbers are written and dialled where the phone system stands (spec CALL-20).

    `country` is an ISO 3166 code, `area_code` without trunk prefix, `outside_prefix` what is dialled for an outside line,
    `extensions` the shortest and longest extension, `emergency` and `premium` regular expressions over the digits.
    """

    country: str = "US"
    area_code: str = ""
    outside_prefix: str = "9"
    access_code: str = ""
    extensions: tuple[int, int] = (2, 6)
    emergency: tuple[str, ...] = ()
    premium: tuple[str, ...] = ()

    def number(self, text: str) -> Number:
        """Read caller-ID or dialled text, whatever it holds; never raises."""
        raise NotImplementedError

    def to_dial(self, text: str) -> Number:
        """Read what a person wants dialled (may be a `tel:` link); raises `ValueError` telling why it cannot be."""
        raise NotImplementedError
