"""What is wrong with a scenario although every part of it is well formed: names that nobody has, and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.checking import shown, suggest
from hub.core.boards import AppearanceKind
from hub.sim.deeds import MAY_SAY_TO, NEEDS_TO, Deed
from hub.sim.exchange.digits import destination, same
from hub.sim.exchange.office import Office
from hub.sim.exchange.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hub.checking import Path
    from hub.sim.scenario_model import WrittenDeed, WrittenEntry, WrittenHandset, WrittenScenario, WrittenStep

Mistake = tuple["Path", str, str]
"""Where it stands, the cause, the remedy."""

_HAPPENINGS = ("dnd_on", "dnd_off", "presence", "require_change", "wipe")
_ROLES = ("caller", "called")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def mistakes(written: WrittenScenario) -> Iterator[Mistake]:
    """Yield everything that is wrong."""
    checker = _Checker(written)
    yield from checker.names()
    for kind, owners in (
        ("users", written.users),
        ("groups", written.groups),
        ("queues", written.queues),
        ("numbers", written.numbers),
    ):
        for name, owner in owners.items():
            yield from checker.route((kind, name, "route"), owner.route)
    for name, group in written.groups.items():
        for index, member in enumerate(group.members):
            yield from _known(("groups", name, "members", index), "user", member, written.users)
    yield from checker.queues()
    for index, entry in enumerate(written.day):
        yield from checker.entry(("day", index), entry)


def _known(path: Path, kind: str, word: str, known: Iterable[str]) -> Iterator[Mistake]:
    if word not in known:
        yield path, f'there is no {kind} "{word}"', suggest(word, known)


class _Checker:
    def __init__(self, written: WrittenScenario) -> None:
        self._written = written
        self._handsets = {handset: name for name, user in written.users.items() for handset in user.handsets}
        keys = [key for user in written.users.values() for one in user.handsets.values() for key in one.appearances]
        self._mobiles = [key.number for key in keys if key.number]
        self._shared = {
            key.name
            for user in written.users.values()
            for handset in user.handsets.values()
            for key in handset.appearances
            if key.kind is AppearanceKind.SHARED
        }

    def names(self) -> Iterator[Mistake]:
        """Yield what is named or numbered alike."""
        written = self._written
        extensions: dict[str, str] = {}
        for kind, owners in (("users", written.users), ("groups", written.groups), ("queues", written.queues)):
            for name, owner in owners.items():
                first = extensions.setdefault(owner.extension, name)
                if first != name:
                    yield (kind, name, "extension"), f"{first} has the extension {owner.extension} already", ""
        yield from self._contacts(extensions)
        seen: dict[str, str] = dict.fromkeys(_ROLES, "a word of its own")
        places: list[tuple[Path, str, str]] = [(("users", name), name, "a user") for name in written.users]
        places += [(("groups", name), name, "a group") for name in written.groups]
        places += [(("queues", name), name, "a queue") for name in written.queues]
        places += [(("people", name), name, "somebody outside") for name in written.people]
        places += [(("contacts", name), name, "a contact") for name in written.contacts]
        places += [
            (("users", name, "handsets", handset), handset, "a handset")
            for name, user in written.users.items()
            for handset in user.handsets
        ]
        for path, name, what in places:
            if name in seen:
                yield path, f'"{name}" is {seen[name]} already', "choose another name"
            elif not _NAME.fullmatch(name):
                yield path, f"{shown(name)} is no name", "use up to 64 letters, digits, dots, dashes and underscores"
            seen.setdefault(name, what)
        for name, user in written.users.items():
            for handset, told in user.handsets.items():
                yield from self._keys(("users", name, "handsets", handset), told, seen)

    def _contacts(self, taken: dict[str, str]) -> Iterator[Mistake]:
        """Yield what is wrong with contacts; `taken` is who is reached by which digits."""
        for name, contact in self._written.contacts.items():
            first = taken.setdefault(contact.speed_dial, name) if contact.speed_dial else name
            if first != name:
                yield ("contacts", name, "speed_dial"), f"{first} has {contact.speed_dial} already", "choose others"
            for label, number in contact.numbers.items():
                yield from self._dialled(("contacts", name, "numbers", label), number)

    def _keys(self, path: Path, handset: WrittenHandset, seen: Mapping[str, str]) -> Iterator[Mistake]:
        """Yield what is wrong with the keys of a handset."""
        names = [key.name for key in handset.appearances]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (*path, "appearances", index), f'it has an appearance "{name}" already', "choose another name"
            if name in self._shared and name in seen:
                yield (*path, "appearances", index), f'"{name}" is {seen[name]} already', "choose another name"
        for index, key in enumerate(handset.appearances):
            if key.number and key.kind is not AppearanceKind.BLUETOOTH:
                yield (*path, "appearances", index), "a bluetooth key alone has a number", "leave it out"
        for index, line in enumerate(handset.lines):
            yield from _known((*path, "lines", index), "outside line", line, self._written.office.lines)

    def queues(self) -> Iterator[Mistake]:
        """Yield what is wrong with the people of queues."""
        for name, queue in self._written.queues.items():
            for role in ("agents", "supervisors", "signed_in"):
                what, known = ("agent of it", queue.agents) if role == "signed_in" else ("user", self._written.users)
                for index, member in enumerate(getattr(queue, role)):
                    yield from _known(("queues", name, role, index), what, member, known)
            if len(set(queue.agents)) < len(queue.agents):
                yield ("queues", name, "agents"), "an agent is named twice", "name each once"

    def route(self, path: Path, steps: Iterable[WrittenStep]) -> Iterator[Mistake]:
        """Yield what is wrong with a route."""
        written = self._written
        for index, step in enumerate(steps):
            given = [word for word in ("ring", "queue", "voicemail", "reject") if getattr(step, word)]
            if len(given) != 1:
                yield (*path, index), "a step has one of ring, queue, voicemail and reject", "split it"
            elif step.ring:
                known = (*written.users, *written.groups, *self._handsets, *self._shared)
                what = "user, group, handset or shared appearance"
                yield from _known((*path, index, "ring"), what, step.ring, known)
            elif step.queue:
                yield from _known((*path, index, "queue"), "queue", step.queue, written.queues)
            elif step.voicemail:
                yield from _known((*path, index, "voicemail"), "user", step.voicemail, written.users)

    def entry(self, path: Path, entry: WrittenEntry) -> Iterator[Mistake]:
        """Yield what is wrong with something that happens."""
        written = self._written
        given = [word for word in ("from_", *_HAPPENINGS) if getattr(entry, word)]
        if len(given) != 1:
            yield path, f"what happens is one of a call (from, to), {', '.join(_HAPPENINGS)}", "split it"
            return
        if given[0] != "from_":
            yield from self._happening(path, given[0], entry)
            return
        yield from _known((*path, "from"), "user or person", entry.from_, (*written.users, *written.people))
        if entry.from_ in written.users:
            yield from self._dialled((*path, "to"), entry.to)
            if entry.handset:
                known = written.users[entry.from_].handsets
                yield from _known((*path, "handset"), "handset of theirs", entry.handset, known)
        elif not any(same(number, entry.to) for number in (*written.numbers, *self._mobiles)):
            yield from _known((*path, "to"), "number of the office", entry.to, (*written.numbers, *self._mobiles))
        for index, deed in enumerate(entry.then):
            yield from self._deed((*path, "then", index), deed)

    def _happening(self, path: Path, word: str, entry: WrittenEntry) -> Iterator[Mistake]:
        known = ("handset", self._handsets) if word == "wipe" else ("user", self._written.users)
        yield from _known((*path, word), known[0], getattr(entry, word), known[1])
        if bool(entry.password.get_secret_value()) is not (word == "wipe"):
            yield path, "wipe and password belong together", "say which password the user has after that"
        if (entry.becomes is not None) is not (word == "presence"):
            yield path, "presence and becomes belong together", "say which presence the user has after that"
        if entry.to or entry.then or entry.handset:
            yield path, "to, then and handset belong to a call", "give it a from"

    def _dialled(self, path: Path, to: str) -> Iterator[Mistake]:
        try:
            destination(Office(users={}), to)
        except Refused as refused:
            yield path, str(refused), ""

    def _deed(self, path: Path, deed: WrittenDeed) -> Iterator[Mistake]:
        given = [word for word in Deed if getattr(deed, word)]
        if len(given) != 1:
            yield path, f"somebody does one thing of {', '.join(Deed)}", "split it"
            return
        word = given[0]
        roles = _ROLES if word is Deed.HANG_UP else ()
        yield from _known(
            (*path, word), "user or handset", getattr(deed, word), (*self._written.users, *self._handsets, *roles)
        )
        if bool(deed.to) and word not in MAY_SAY_TO:
            yield (*path, "to"), f"{word} goes to nobody", "leave it out"
        elif not deed.to and word in NEEDS_TO:
            yield path, f"{word} has no to", "say to whom"
        elif deed.to:
            yield from self._target((*path, "to"), word, deed.to)

    def _target(self, path: Path, word: Deed, to: str) -> Iterator[Mistake]:
        match word:
            case Deed.VOICEMAIL:
                yield from _known(path, "user", to, self._written.users)
            case Deed.PARK:
                yield from _known(path, "orbit", to, self._written.office.orbits)
            case Deed.HAND_OFF:
                yield from _known(path, "handset", to, self._handsets)
            case _:
                yield from self._dialled(path, to)
