"""What a number means under a dial plan, by the numbering plans of the world (the `phonenumbers` library)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers
import regex
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ShortNumberCost, ValidationResult
from phonenumbers.shortnumberinfo import expected_cost_for_region

from hub.core.dial_text import Written, for_display, read
from hub.core.numbers import Number, NumberKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.core.dial_plan import DialPlan

_LONGEST_SHORT_NUMBER = 6
_MATCH_WITHIN = 0.02
"""Seconds that a pattern of the dial plan may take on a number: a caller sends digits on which some take for ever."""
_TOO_SHORT, _TOO_LONG, _NO_COUNTRY = "it is too short", "it is too long", "no country has that code"
_WRONG_LENGTH = {
    ValidationResult.TOO_SHORT: _TOO_SHORT,
    ValidationResult.TOO_LONG: _TOO_LONG,
    ValidationResult.INVALID_LENGTH: "no number has that length",
}
_NO_NUMBER = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: _NO_COUNTRY,
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: _TOO_SHORT,
    phonenumbers.NumberParseException.TOO_SHORT_NSN: _TOO_SHORT,
    phonenumbers.NumberParseException.TOO_LONG: _TOO_LONG,
}


@lru_cache(maxsize=4096)
def read_number(plan: DialPlan, text: str) -> Number:
    """Read text (its length bounded, so that what is remembered here is too) under the plan; never raises.

    An emergency number goes before all else, then a code with `*` or `#`, an extension, a public number.
    """
    written = read(text)
    keys = written.keys
    if not keys:
        kind = NumberKind.WITHHELD if written.withheld else NumberKind.MALFORMED
        return Number(text, kind, national=for_display(text))
    if is_emergency(plan, keys):
        return Number(text, NumberKind.EMERGENCY, national=keys)
    if written.context:
        return _public(plan, text, _in_context(keys, written.context), written)
    if (inner := without_access_code(plan, keys)) != keys:
        keys = text = inner
    if is_extension(plan, keys):
        return Number(text, NumberKind.EXTENSION, national=keys)
    if found := find_public(plan, keys):
        return _public(plan, text, found, written)
    return _without_e164(plan, text, keys)


def is_extension(plan: DialPlan, keys: str) -> bool:
    """Tell whether keys have the length of an extension."""
    shortest, longest = plan.extensions
    return keys.isdecimal() and shortest <= len(keys) <= longest


def is_emergency(plan: DialPlan, keys: str) -> bool:
    """Tell whether keys call for help, with the outside prefix or without."""
    return any(
        (len(each) <= _LONGEST_SHORT_NUMBER and phonenumbers.is_emergency_number(each, plan.country))
        or matches(plan.emergency, each)
        for each in (keys, *_inside(plan, keys), without_access_code(plan, keys))
    )


def find_public(plan: DialPlan, keys: str) -> PhoneNumber | None:
    """Find the public number that keys most likely mean: the first reading that is valid, else the first possible one.

    A valid short code goes before what is merely possible.
    """
    possible = None
    for each in (keys, *_inside(plan, keys)):
        for reading in _readings(plan, each):
            if is_valid(reading):
                return reading
            if possible is None and not _lacks_area(plan, each) and _is_possible(reading):
                possible = reading
    return None if possible is None or find_short(plan, keys) else possible


def find_short(plan: DialPlan, keys: str) -> str:
    """Return, without the outside prefix, keys that are a short code or a local number of no known area; else empty."""
    for each in (keys, *_inside(plan, keys)):
        number = parse(each, plan.country) if each.isdecimal() else None
        if number is not None and (_is_short(each, number, plan.country) or _is_possible_local(plan, each, number)):
            return each
    return ""


def local_reading(plan: DialPlan, keys: str) -> PhoneNumber | None:
    """Read keys as a number of the home area, dialled without its area code; None where they are not."""
    if not plan.area_code or not _is_local(plan, keys):
        return None
    bare, number = parse(keys, plan.country), parse(plan.area_code + keys, plan.country)
    if bare is None or number is None or _is_short(keys, bare, plan.country) or not is_valid(number):
        return None
    return number


def parse(keys: str, country: str | None = None) -> PhoneNumber | None:
    """Read keys as a public number written in `country`; None where they cannot be one."""
    if "*" in keys or "#" in keys:
        return None
    try:
        return phonenumbers.parse(keys, country)
    except phonenumbers.NumberParseException:
        return None


def why_impossible(keys: str, country: str) -> str:
    """Say in a few words why keys that no reading made sense of are no public number."""
    try:
        length = _length(phonenumbers.parse(keys, country))
    except phonenumbers.NumberParseException as error:
        return _NO_NUMBER.get(error.error_type, "it is no telephone number")
    return _WRONG_LENGTH.get(length, "no such number exists")


def is_valid(number: PhoneNumber) -> bool:
    """Tell whether such a number is in use at all."""
    return phonenumbers.number_type(number) != PhoneNumberType.UNKNOWN


def e164(number: PhoneNumber) -> str:
    """Return `+` and digits."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national_digits(number: PhoneNumber) -> str:
    """Return the digits as written inside the number's country, with its trunk prefix where it has one."""
    written = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    written.italian_leading_zero = number.italian_leading_zero
    written.number_of_leading_zeros = number.number_of_leading_zeros
    return phonenumbers.normalize_digits_only(phonenumbers.format_number(written, PhoneNumberFormat.NATIONAL))


def home_code(plan: DialPlan) -> int:
    """Return the home country's calling code, 0 for a country that does not exist."""
    return phonenumbers.country_code_for_region(plan.country)


def without_access_code(plan: DialPlan, keys: str) -> str:
    """Return keys without the access code, which holds the user's PIN and must not be shown or stored."""
    code = plan.access_code
    if not code or not keys.startswith(code) or keys == code:
        return keys
    whole = parse(keys, plan.country)
    return keys if whole is not None and is_valid(whole) else keys[len(code) :]


def matches(patterns: tuple[str, ...], digits: str) -> bool:
    """Tell whether one of the plan's patterns matches the whole of the digits; one that takes too long does not."""
    return any(_matches(pattern, digits) for pattern in _compiled(patterns))


def _matches(pattern: regex.Pattern[str], digits: str) -> bool:
    try:
        return pattern.fullmatch(digits, timeout=_MATCH_WITHIN) is not None
    except TimeoutError:
        return False


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[regex.Pattern[str], ...]:
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(regex.compile(pattern, regex.ASCII))
        except regex.error:
            continue  # the plan's own check tells it to a person; reading a number must not fail for it
    return tuple(compiled)


def _inside(plan: DialPlan, keys: str) -> Iterator[str]:
    """Yield keys without the outside prefix, where they have one. `9#` seizes a line, and digits may follow it."""
    prefix = plan.outside_prefix
    if prefix and keys.startswith(prefix) and (rest := keys[len(prefix) :].removeprefix("#")):
        yield rest


def _readings(plan: DialPlan, keys: str) -> Iterator[PhoneNumber]:
    """Yield what keys may mean, the likelier first.

    Where national numbers are written with a trunk prefix (0 in Germany), one without is local before all else;
    elsewhere only if it is nothing else.
    """
    as_written, local = parse(keys, plan.country), None
    if _trunk_prefix_is_written(plan.country) and (local := local_reading(plan, keys)):
        yield local
    if as_written is not None:
        yield as_written
    if local is None and (local := local_reading(plan, keys)):
        yield local


def _is_local(plan: DialPlan, keys: str) -> bool:
    """Tell whether keys may lack an area code: nothing in front says that they begin with one."""
    trunk = phonenumbers.ndd_prefix_for_region(plan.country, strip_non_digits=True) or "0"
    return keys.isdecimal() and not keys.startswith(("0", trunk))


def _lacks_area(plan: DialPlan, keys: str) -> bool:
    return _trunk_prefix_is_written(plan.country) and _is_local(plan, keys)


def _is_possible_local(plan: DialPlan, keys: str, number: PhoneNumber) -> bool:
    length = _length(number)
    return length == ValidationResult.IS_POSSIBLE_LOCAL_ONLY or (
        length == ValidationResult.IS_POSSIBLE and _lacks_area(plan, keys)
    )


def _is_short(keys: str, number: PhoneNumber, country: str) -> bool:
    return len(keys) <= _LONGEST_SHORT_NUMBER and phonenumbers.is_valid_short_number_for_region(number, country)


@lru_cache(maxsize=64)
def _trunk_prefix_is_written(country: str) -> bool:
    prefix = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True)
    example = phonenumbers.example_number(country)
    return bool(prefix and example and national_digits(example).startswith(prefix))


def _in_context(keys: str, context: str) -> PhoneNumber | None:
    """Read keys after as much of the context as makes a valid number: pages give the code of a country, an area..."""
    for end in range(len(context), 1, -1):
        number = parse(context[:end] + keys)
        if number is not None and is_valid(number):
            return number
    return None


def _is_possible(number: PhoneNumber) -> bool:
    """Tell whether a number has a length in use and reads back as itself (with a second trunk prefix it does not)."""
    again = parse(e164(number))
    return _length(number) == ValidationResult.IS_POSSIBLE and again is not None and e164(again) == e164(number)


def _length(number: PhoneNumber) -> int:
    return phonenumbers.is_possible_number_with_reason(number)


def _is_dear_short(plan: DialPlan, keys: str) -> bool:
    number = parse(keys, plan.country)
    cost = ShortNumberCost.UNKNOWN_COST if number is None else expected_cost_for_region(number, plan.country)
    return cost == ShortNumberCost.PREMIUM_RATE or matches(plan.premium, keys)


def _without_e164(plan: DialPlan, text: str, keys: str) -> Number:
    if short := find_short(plan, keys):
        return Number(text, NumberKind.PREMIUM if _is_dear_short(plan, short) else NumberKind.EXTERNAL, national=short)
    if "*" in keys or "#" in keys:
        return Number(text, NumberKind.CODE, national=keys)
    return Number(text, NumberKind.MALFORMED, national=for_display(text))


def _public(plan: DialPlan, text: str, found: PhoneNumber | None, written: Written) -> Number:
    if found is None:
        return Number(text, NumberKind.MALFORMED, national=for_display(text))
    public = e164(found)
    dear = phonenumbers.number_type(found) == PhoneNumberType.PREMIUM_RATE or (
        bool(plan.premium)
        and any(matches(plan.premium, each) for each in (written.keys, public[1:], national_digits(found)))
    )
    found.extension = written.extension or None
    at_home = found.country_code == home_code(plan)
    shape = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    kind = NumberKind.PREMIUM if dear else NumberKind.EXTERNAL
    return Number(text, kind, public, phonenumbers.format_number(found, shape))
