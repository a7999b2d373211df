from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import phonenumbers
import regex

from hub.core import numbering
from hub.core.dial_text import LONGEST, bounded, for_display, plain, read
from hub.core.numbers import Number, NumberKind
from hub.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = re.compile(r"[0-9*#]*")
_LONGEST_EXTENSION = 15
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """How numbers are written and dialled where the phone system stands (spec CALL-20).

    `country` is an ISO 3166 code, `area_code` without trunk prefix, `outside_prefix` what is dialled for an outside
    line (empty: nothing), `access_code` a code with the user's PIN to dial instead of it, `extensions` the shortest and
    longest extension, `emergency` and `premium` regular expressions over the whole of the digits of further such
    numbers. With `dial_e164` the phone system is given public numbers as `+` and digits, without prefix or code.
    """

    country: str = "US"
    area_code: str = ""
    outside_prefix: str = "9"
    access_code: str = field(default="", repr=False)
    extensions: tuple[int, int] = (2, 6)
    emergency: tuple[str, ...] = ()
    premium: tuple[str, ...] = ()
    dial_e164: bool = False

    def number(self, text: str) -> Number:
        """Read caller-ID or dialled text, whatever it holds; never raises.

        The text is kept as received (256 characters of it, without an access code). Emergency numbers go before
        extensions, extensions before public numbers; a number is read as it stands before it is read as one after an
        outside prefix.
        """
        if len(text) > LONGEST:
            return Number(bounded(text), NumberKind.MALFORMED, national=for_display(bounded(text)))
        return numbering.read_number(self, bounded(text))

    def to_dial(self, text: str) -> Number:
        """Read what a person wants dialled, a `tel:` link perhaps (RFC 3966); raises `ValueError` saying why not."""
        number = self.number(text)
        if number.kind is NumberKind.WITHHELD:
            raise ValueError("There is nothing to dial: give a number or an extension.")
        if number.kind is NumberKind.MALFORMED:
            shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
            raise ValueError(f"{shown} cannot be dialled: {self._why_not(text)}.")
        return number

    def dialled(self, number: Number) -> str:
        """Return what to send to the phone system so that it calls `number`; raises `ValueError` where nothing can.

        Emergency numbers, codes and extensions go as they are. A public number goes with the outside prefix or access
        code, as dialled at home, if that reads back as the same number; else, and with `dial_e164`, as `+` and digits.
        """
        keys = read(number.text).keys
        if number.kind in {NumberKind.EMERGENCY, NumberKind.CODE, NumberKind.EXTENSION}:
            return keys
        if number.kind in {NumberKind.WITHHELD, NumberKind.MALFORMED}:
            raise ValueError(f"{number.text[:_SHOWN]!r} is no number to dial: give a number or an extension.")
        outside = "" if self.dial_e164 else self.access_code or self.outside_prefix
        if not number.e164:
            return outside + number.national
        digits = outside + self._from_a_line_at_home(number.e164) if outside else ""
        return digits if digits and self.number(digits).e164 == number.e164 else number.e164

    def without_separators(self, text: str) -> str:
        """Return the keys of the number in the text; other text without its separators; a withheld number as empty."""
        written = read(text)
        return "" if written.withheld else written.keys or plain(bounded(text))

    def strip_outside_prefix(self, text: str) -> str:
        """Return the number without outside prefix or access code; unchanged if it has none (RULE-07)."""
        keys = numbering.without_access_code(self, read(text).keys)
        rest = keys[len(self.outside_prefix) :].removeprefix("#") if keys.startswith(self.outside_prefix) else ""
        if rest and not self._means_itself(keys) and self._is_outside(rest):
            return rest
        return keys or text

    def strip_country_code(self, text: str) -> str:
        """Return a number of the home country as it is written there, in digits; any other unchanged (RULE-07)."""
        keys = read(text).keys
        number = None if numbering.is_extension(self, keys) else numbering.parse(keys, self.country)
        if number is None or number.country_code != numbering.home_code(self) or not numbering.is_valid(number):
            return text
        return numbering.national_digits(number)

    def prepend_area_code(self, text: str) -> str:
        """Return a local number with the home area code, as written in the country; any other unchanged (RULE-07)."""
        keys = read(text).keys
        if numbering.is_extension(self, keys) or numbering.is_emergency(self, keys):
            return text
        local, found = numbering.local_reading(self, keys), numbering.find_public(self, keys)
        return numbering.national_digits(local) if local is not None and local == found else text

    def problems(self, place: str = "dial_plan") -> tuple[Problem, ...]:
        """Return everything that is wrong with the plan itself; `place` is where it was written."""
        return tuple(self._problems(place))

    def _means_itself(self, keys: str) -> bool:
        if numbering.is_emergency(self, keys):
            return False
        number = numbering.parse(keys, self.country)
        return numbering.is_extension(self, keys) or (number is not None and numbering.is_valid(number))

    def _is_outside(self, keys: str) -> bool:
        if numbering.is_emergency(self, keys) or numbering.find_short(self, keys):
            return True
        return numbering.find_public(self, keys) is not None

    def _from_a_line_at_home(self, e164: str) -> str:
        """Return what to dial at home for a number; some countries leave that open, then with a `+`."""
        number = numbering.parse(e164)
        abroad = "" if number is None else phonenumbers.format_out_of_country_calling_number(number, self.country)
        return phonenumbers.normalize_diallable_chars_only(abroad)

    def _why_not(self, text: str) -> str:
        written = read(text)
        remedy = "use a tel:, callto: or sip: link, or the number itself"
        if written.scheme not in {"", "tel", "callto", "sip", "sips", "phone"}:
            return f"a link of the kind {written.scheme}: is not for telephones; {remedy}"
        shortest, longest = self.extensions
        remedy = (
            f"write a number with its country code (+1 585 555 1234) or an extension of {shortest} to {longest} digits"
        )
        if not written.keys:
            return f"it is no telephone number; {remedy}"
        return f"{numbering.why_impossible(written.keys, self.country)} ({self.country}); {remedy}"

    def _problems(self, place: str) -> Iterator[Problem]:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            remedy = "use its two letters of ISO 3166, such as GB or DE"
            yield Problem(f"{place}.country", f"{self.country!r} is no country", remedy)
        trunk = phonenumbers.ndd_prefix_for_region(self.country, strip_non_digits=True) if not self._is_nanp() else None
        if self.area_code and not re.fullmatch("[0-9]{1,6}", self.area_code):
            yield Problem(f"{place}.area_code", f"{self.area_code!r} is no area code", "write its digits alone")
        elif trunk and self.area_code.startswith(trunk):
            bare = self.area_code.removeprefix(trunk)
            yield Problem(f"{place}.area_code", f"{self.area_code!r} begins with the trunk prefix", f"write {bare!r}")
        if not _KEYS.fullmatch(self.outside_prefix):
            cause = f"{self.outside_prefix!r} cannot be dialled"
            yield Problem(f"{place}.outside_prefix", cause, "use digits, * and #")
        if not _KEYS.fullmatch(self.access_code):
            yield Problem(f"{place}.access_code", "it cannot be dialled", "use digits, * and #")
        shortest, longest = self.extensions
        if not 1 <= shortest <= longest <= _LONGEST_EXTENSION:
            cause = f"[{shortest}, {longest}] are no lengths of extensions"
            remedy = f"give the shortest and the longest, from 1 to {_LONGEST_EXTENSION}, for example [2, 6]"
            yield Problem(f"{place}.extensions", cause, remedy)
        for name in ("emergency", "premium"):
            for nth, pattern in enumerate(getattr(self, name)):
                try:
                    regex.compile(pattern)
                except regex.error as error:
                    cause = f"{pattern!r} is no regular expression: {error}"
                    yield Problem(f"{place}.{name}.{nth}", cause, "for digits, write them; for any digit, write [0-9]")

    def _is_nanp(self) -> bool:
        return numbering.home_code(self) == 1
