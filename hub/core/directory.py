"""Who has a number: the index that is asked before each ring, in memory, for one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.core.call import Contact
from hub.core.dial_text import plain
from hub.core.numbers import Number, NumberKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHORTEST_PART = 7
"""Digits that the end of a number has at least to stand for the whole of it."""
_FILED_BY = 4
"""Digits at their end by which numbers are filed."""
_IN_PART = frozenset({NumberKind.EXTERNAL, NumberKind.PREMIUM, NumberKind.MALFORMED})

Record = tuple[Any, ...]
"""A listing, flat: id, name, company, source, groups, favourite, link, recent, and the keys.

An object apiece would take three times the room, and the garbage collector would visit a million of them.
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """A contact and what it is looked up by: the `directory_key` of each of its numbers.

    `recent` is when it was last of use (Unix seconds).
    """

    contact: Contact
    keys: tuple[str, ...]
    recent: float = 0.0


def directory_key(number: Number) -> str:
    """Return what a number is looked up by: its E.164, else its digits; empty where it has none, or is withheld."""
    if number.e164:
        return number.e164
    text = "" if number.kind is NumberKind.WITHHELD else number.national or number.text
    return "".join([character for character in text if "0" <= character <= "9"])


def record_of(listing: Listing) -> Record:
    """Return a listing as it is kept."""
    it = listing.contact
    keys = dict.fromkeys([_filed(key) for key in listing.keys if key])
    return (it.id, it.name, it.company, it.source, it.groups, it.favourite, it.link, listing.recent, *keys)


class Part:
    """The listings of one plugin."""

    def __init__(self) -> None:
        self._by_id: dict[str, Record] = {}
        self._by_key: dict[str, Record | list[Record]] = {}
        self._by_end: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def put(self, record: Record) -> None:
        """Add a listing, or replace the one of the same contact."""
        self.remove(record[0])
        self._by_id[record[0]] = record
        for key in record[_KEYS:]:
            there = self._by_key.get(key)
            if there is None:
                self._by_key[key] = record
                if key[0] == "+":
                    self._by_end.setdefault(key[-_FILED_BY:], []).append(key)
            elif isinstance(there, list):
                there.append(record)
            else:
                self._by_key[key] = [there, record]

    def remove(self, contact: str) -> None:
        """Take the listing of a contact out, if it is in."""
        record = self._by_id.pop(contact, ())
        for key in record[_KEYS:]:
            there = self._by_key[key]
            if isinstance(there, list) and len(there) > 1:
                there.remove(record)
                continue
            del self._by_key[key]
            if key[0] == "+":
                end = key[-_FILED_BY:]
                self._by_end[end].remove(key)
                if not self._by_end[end]:
                    del self._by_end[end]

    def at(self, key: str) -> Iterable[Record]:
        """Return the listings with exactly this key."""
        there = self._by_key.get(key, ())
        return there if isinstance(there, list) or not there else (there,)

    def ending(self, digits: str) -> list[str]:
        """Return the keys of public numbers that end with so many digits."""
        return [key for key in self._by_end.get(digits[-_FILED_BY:], ()) if key.endswith(digits)]

    def empty(self) -> None:
        """Let go of everything, one by one: all at once would hold up every thread for as long as it takes."""
        for mapping in (self._by_end, self._by_key, self._by_id):
            while mapping:
                mapping.popitem()


class Directory:
    """The contacts that plugins have listed for a user. `home` is the user's own country code, as in `+49`.

    What is found first counts, `most` of it:

    1. those with exactly this number, or this extension;
    2. where it is a public number and they have the end of it only, those with the longest end;
    3. where only an end of a number is known, those with the one public number that ends so.

    A wrong name is worse than none. So an end has seven digits at least (zeros before it, as dialled before an area
    code, do not count) and is completed to numbers of the user's own country alone; two whole numbers are the same or
    not, however alike their ends; and an end that several numbers have is none of them. Extensions, codes and emergency
    numbers are exact or nothing. Who withholds the number is nobody.
    """

    def __init__(self, home: str = "+", *, most: int = 100) -> None:
        self.home = home
        self._most = most
        self._parts: dict[str, Part] = {}

    def part(self, plugin: str) -> Part:
        """Return what a plugin has listed."""
        return self._parts.setdefault(plugin, Part())

    def swap(self, plugin: str, part: Part) -> Part:
        """Put something else in the place of all that a plugin has listed; return what it was."""
        before = self.part(plugin)
        self._parts[plugin] = part
        return before

    def find(self, number: Number) -> tuple[Contact, ...]:
        """Return who has a number, the best first: favourites, then whoever was last of use."""
        found: list[Record] = []
        for key in self._readings(number):
            for part in self._parts.values():
                found += part.at(key)
            if found:
                break
        if len(found) > 1:
            found.sort(key=_rank)
        return tuple([_contact(record) for record in found[: self._most]])

    def _readings(self, number: Number) -> Iterator[str]:
        """Yield the keys that may be those of a number, the surest first."""
        key = _filed(directory_key(number))
        digits = key.removeprefix("+")
        may_be_part = number.kind in _IN_PART and len(digits) >= _SHORTEST_PART
        if not key or (number.kind is NumberKind.MALFORMED and not (may_be_part and _is_all_digits(number))):
            return
        yield key
        if not may_be_part or (number.e164 and not key.startswith(self.home)):
            return
        if not number.e164:
            yield f"+{digits}"
        for start in range(len(digits) - _SHORTEST_PART + 1):
            yield digits[start:]
        if not number.e164:
            whole = {each for part in self._parts.values() for each in part.ending(digits)}
            if len(at_home := [each for each in whole if each.startswith(self.home)]) == 1:
                yield from at_home


_FAVOURITE, _RECENT, _KEYS = 5, 7, 8


def _filed(key: str) -> str:
    """Return a key without the zeros that are dialled before an area code, where it is long enough to have one."""
    bare = key.lstrip("0")
    return bare if len(bare) >= _SHORTEST_PART else key


def _is_all_digits(number: Number) -> bool:
    return plain(number.national or number.text).removeprefix("+").isdecimal()


def _rank(record: Record) -> tuple[bool, float]:
    return not record[_FAVOURITE], -record[_RECENT]


def _contact(record: Record) -> Contact:
    ident, name, company, source, groups, favourite, link = record[:_RECENT]
    return Contact(id=ident, name=name, company=company, source=source, groups=groups, favourite=favourite, link=link)
