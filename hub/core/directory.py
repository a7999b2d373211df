"""Who has a number: the index that is asked before each ring, in memory, for one user."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from marshal import dumps, loads
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hub.core.call import Contact
from hub.core.dial_text import plain
from hub.core.numbers import Number, NumberKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHORTEST_PART = 7
"""Digits that the end of a number has at least to stand for the whole of it."""
_FILED_BY = 3
"""Digits at their end by which numbers are filed."""
_IN_PART = frozenset({NumberKind.EXTERNAL, NumberKind.PREMIUM, NumberKind.MALFORMED})

_TABLES = 1024
_FIELDS = tuple(field.name for field in fields(Contact))
_FAVOURITE, _RECENT, _KEYS = _FIELDS.index("favourite"), len(_FIELDS), len(_FIELDS) + 1
"""Places in a record."""

Record = bytes
"""A listing as it is kept, in `marshal`'s form: what the contact's fields hold, recent, keys.

Objects would take three times the room, and the garbage collector would visit each of a million time and again. The
form may change with Python, but no record leaves the process.
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


class Part:
    """The listings of one plugin.

    They are filed by the end of their numbers and by what their ids hash to: many small tables, since one of a million
    entries would hold every thread up for as long as it takes to grow.
    """

    def __init__(self) -> None:
        self._by_id: defaultdict[int, dict[str, Record]] = defaultdict(dict)
        self._by_end: defaultdict[str, dict[str, Record | list[Record]]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(map(len, self._by_id.values()))

    def put(self, listing: Listing) -> None:
        """Add a listing, or replace the one of the same contact."""
        contact = listing.contact.id
        keys = dict.fromkeys([_filed(key) for key in listing.keys if key])
        record = dumps((*_values(listing.contact), listing.recent, *keys))
        self.remove(contact)
        self._by_id[hash(contact) % _TABLES][contact] = record
        for key in keys:
            filed = self._by_end[key[-_FILED_BY:]]
            there = filed.setdefault(key, record)
            if isinstance(there, list):
                there.append(record)
            elif there is not record:
                filed[key] = [there, record]

    def remove(self, contact: str) -> None:
        """Take the listing of a contact out, if it is in."""
        record = self._by_id[hash(contact) % _TABLES].pop(contact, b"")
        for key in _read(record)[_KEYS:] if record else ():
            filed = self._by_end[key[-_FILED_BY:]]
            there = filed[key]
            if isinstance(there, list) and len(there) > 1:
                there.remove(record)
                continue
            del filed[key]
            if not filed:
                del self._by_end[key[-_FILED_BY:]]

    def at(self, key: str) -> Iterable[Record]:
        """Return the listings with exactly this key."""
        filed = self._by_end.get(key[-_FILED_BY:])
        there = filed.get(key) if filed else None
        if there is None:
            return ()
        return there if isinstance(there, list) else (there,)

    def ending(self, digits: str) -> list[str]:
        """Return the keys of public numbers that end with so many digits."""
        filed = self._by_end.get(digits[-_FILED_BY:], ())
        return [key for key in filed if key[0] == "+" and key.endswith(digits)]

    def empty(self) -> None:
        """Let go of everything, table by table: all at once would hold up every thread for as long as it takes."""
        while self._by_end:
            self._by_end.popitem()
        while self._by_id:
            self._by_id.popitem()


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
        key = number.e164 or _key_as_shown(number)
        if not key:
            return ()
        found = self._at(key)
        if not found and number.kind in _IN_PART and len(key) >= _SHORTEST_PART:
            for other in self._other_keys(number, key):
                if found := self._at(other):
                    break
        if len(found) == 1:
            return (_contact(found[0]),)
        found.sort(key=_rank)
        return tuple([_contact(record) for record in found[: self._most]])

    def _at(self, key: str) -> list[Record]:
        found: list[Record] = []
        for part in self._parts.values():
            if there := part.at(key):
                found += there
        return found

    def _other_keys(self, number: Number, key: str) -> Iterator[str]:
        """Yield what else a public number, or the end of one, may be listed as: the surest first."""
        digits = key.removeprefix("+")
        if number.e164 and not key.startswith(self.home):
            return
        if not number.e164:
            yield f"+{digits}"
        for start in range(len(digits) - _SHORTEST_PART + 1):
            yield digits[start:]
        if not number.e164:
            whole = {each for part in self._parts.values() for each in part.ending(digits)}
            if len(at_home := [each for each in whole if each.startswith(self.home)]) == 1:
                yield from at_home


def _filed(key: str) -> str:
    """Return a key without the zeros that are dialled before an area code, where it is long enough to have one."""
    bare = key.lstrip("0")
    return bare if len(bare) >= _SHORTEST_PART else key


def _key_as_shown(number: Number) -> str:
    """Return the key of a number that has no E.164; empty where its text is more, or less, than the end of one."""
    key = _filed(directory_key(number))
    if number.kind is not NumberKind.MALFORMED:
        return key
    all_digits = plain(number.national or number.text).removeprefix("+").isdecimal()
    return key if all_digits and len(key) >= _SHORTEST_PART else ""


def _read(record: Record) -> tuple[Any, ...]:
    read: tuple[Any, ...] = loads(record)  # noqa: S302  what was written here
    return read


def _rank(record: Record) -> tuple[bool, float]:
    read = _read(record)
    return not read[_FAVOURITE], -read[_RECENT]


def _contact(record: Record) -> Contact:
    """Return the contact of a record; past its constructor, which takes longer than all the rest of a lookup."""
    contact = _new(Contact)
    ident, name, company, source, groups, favourite, link, *_ = loads(record)  # noqa: S302  what was written here
    _put_id(contact, ident)
    _put_name(contact, name)
    _put_company(contact, company)
    _put_source(contact, source)
    _put_groups(contact, groups)
    _put_favourite(contact, favourite)
    _put_link(contact, link)
    return contact


_values = attrgetter(*_FIELDS)
_new = object.__new__
_put_id, _put_name, _put_company, _put_source, _put_groups, _put_favourite, _put_link = (
    vars(Contact)[name].__set__ for name in _FIELDS
)
