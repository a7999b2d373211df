"""What dialled digits mean in an office. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.call import Cause
from hub.sim.exchange.office import PREFIX_LENGTH, Reject, Ring, ToQueue, Who
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.sim.exchange.office import FarEnd, Group, Office, Route, Step, User

_SEPARATORS = re.compile(r"[\s().\-/]")
_DIALLABLE = re.compile(r"\+?[0-9]{1,32}")
_LOCAL = 7
"""Numbers of so many digits are alike when they end alike: one may carry the country and area code."""


@dataclass(frozen=True, slots=True)
class Inside:
    """An extension: who it is, and the steps that a call for it takes."""

    who: Who
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mailbox(Inside):
    """The number at which everybody hears their own messages; nobody else can be sent there."""

    steps: tuple[Step, ...] = (Reject(Cause.UNREACHABLE),)


@dataclass(frozen=True, slots=True)
class Seizing:
    """An outside line is wanted, and the number comes digit by digit."""

    who: Who


@dataclass(frozen=True, slots=True)
class Outside:
    """A number beyond the outside lines: as it was dialled, and who answers there."""

    who: Who
    far_end: FarEnd


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Digits that lead to nobody."""

    who: Who


Destination = Inside | Outside | Nowhere


def wanted(office: Office, user: User, text: str, has_pin: Callable[[str], bool]) -> Destination | Seizing:
    """Say what a user wants who dials this: as `destination`, or a line (`9#`, or access code and PIN alone).

    `has_pin` says whether a PIN is the user's. Raises `Refused`, also if the user may not call there so; no refusal and
    no destination holds a PIN.
    """
    number = _SEPARATORS.sub("", text)
    if known := next((one for one in office.contacts if number and one.speed_dial == number), None):
        text = known.numbers[0].text
        number = _SEPARATORS.sub("", text)
    code, prefix = office.access_code, office.outside_prefix
    if code and number.startswith(code) and number not in office.emergency:
        behind = number.removeprefix(code)
        if not has_pin(behind[: len(user.pin)]):
            raise Refused(Code.WRONG_PIN, "the PIN behind the access code is wrong")
        return _over_a_line(office, behind[len(user.pin) :].removeprefix("#"))
    seizes = prefix and number.startswith(f"{prefix}#")
    behind = number.removeprefix(f"{prefix}#")
    to = _over_a_line(office, behind) if seizes else destination(office, text)
    if user.restricted and isinstance(to, (Outside, Seizing)) and not is_emergency(office, to):
        cause = f"{user.name} may not use an outside line with {prefix or 'the number'} alone"
        raise Refused(Code.NOT_PERMITTED, f"{cause}: dial the access code and your PIN before the number")
    return to


def _over_a_line(office: Office, digits: str) -> Destination | Seizing:
    if not digits:
        return Seizing(Who())
    if not _DIALLABLE.fullmatch(digits):
        raise Refused(Code.INVALID_NUMBER, "what follows the outside line cannot be dialled: use digits")
    return outside(office, digits)


def is_emergency(office: Office, to: Destination | Seizing) -> bool:
    """Whether an emergency number was dialled, with the outside prefix or without."""
    numbers = {*office.emergency, *(f"{office.outside_prefix}{number}" for number in office.emergency)}
    return isinstance(to, Outside) and to.who.number in numbers


def outside(office: Office, digits: str) -> Outside | Nowhere:
    """Say where digits lead that are dialled over an outside line."""
    if len(digits) >= PREFIX_LENGTH:
        return _outside(office, digits, digits)
    return Nowhere(Who(digits))


def destination(office: Office, text: str) -> Destination:
    """Say where dialled text leads; raises `Refused` if it cannot be dialled at all."""
    number = _SEPARATORS.sub("", text)
    if not _DIALLABLE.fullmatch(number):
        raise Refused(Code.INVALID_NUMBER, f"{text[:40]!r} cannot be dialled: use digits, with + in front or without")
    if office.voicemail and number == office.voicemail:
        return Mailbox(Who(number, "Voicemail"))
    owners: tuple[User | Group, ...] = (*office.users.values(), *office.groups.values())
    for owner in owners:
        if owner.extension == number:
            return Inside(owner.who, owner.steps or (Ring(owner.name),))
    for queue in office.queues.values():
        if queue.extension == number:
            return Inside(queue.who, queue.steps or (ToQueue(queue.name),))
    prefix = office.outside_prefix
    behind = number.removeprefix(prefix) if prefix and number not in office.emergency else number
    if number in office.emergency or number.startswith("+") or len(number) >= _LOCAL:
        return _outside(office, number, behind)
    if behind != number and len(behind) >= PREFIX_LENGTH:
        return _outside(office, number, behind)
    return Nowhere(Who(number))


def _outside(office: Office, dialled: str, behind: str) -> Outside:
    alike = (end for end in office.far_ends if same(end.who.number, behind) or same(end.who.number, dialled))
    end = next(alike, office.stranger)
    return Outside(Who(dialled, end.who.name), end)


def route_for(office: Office, number: str) -> Route | None:
    """Return what happens to calls from outside to a number."""
    return next((route for route in office.routes if same(route.who.number, number)), None)


def same(one: str, other: str) -> bool:
    """Whether two ways of writing it are one number, as far as digits can tell."""
    left, right = (re.sub(r"[^0-9]", "", text) for text in (one, other))
    if left == right:
        return bool(left)
    shorter, longer = sorted((left, right), key=len)
    return len(shorter) >= _LOCAL and longer.endswith(shorter)
